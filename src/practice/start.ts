import { z } from "zod";
import { practiceApp } from "./app.ts";
import { clientMetadata, registeredClients } from "./clients.ts";
import type { RegisteredClients } from "./clients.ts";
import { openJournal } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { openKanban } from "./kanban.ts";
import { deriveFrom, newSeed } from "./keys.ts";
import type { Keys } from "./keys.ts";
import { listenOnLoopback } from "./listen.ts";
import { openLog } from "./log.ts";
import type { PracticeLogEntry } from "./log.ts";
import { people, putSampleData } from "./sample-data.ts";

export type { PracticeLogEntry } from "./log.ts";

/** A small kanban service on loopback, for newcomers to practise on and for tests. */
export type PracticeService = {
  /** `http://127.0.0.1:PORT`; the API is below `/v1`. */
  url: string;
  /** The OpenAPI 3.1 document. */
  documentUrl: string;
  /** The same API described for people, without a machine-readable document. */
  docsUrl: string;
  /** OAuth 2 authorization server; its metadata is at `/.well-known/oauth-authorization-server` (RFC 8414). */
  issuer: string;
  /** What was answered so far, oldest first; the last 10,000 are kept. */
  log(): readonly PracticeLogEntry[];
  /** Ana's keys: one for the header `X-Board-Key`, and two that go into the query together. Ben's are at `/keys`. */
  keys: Keys;
  /** Registered clients. Their redirect URIs on loopback may have any port. Others register at `/oauth/register`. */
  clients: RegisteredClients;
  close(): Promise<void>;
};

export type PracticeOptions = {
  /** Where the data lies; absent: in memory, gone with the process. One process at a time. */
  dataDir?: string;
  /** Absent: the port of last time if it is free, or any. */
  port?: number;
  /** Of the two registered clients. */
  redirectUris?: string[];
  accessTokenSeconds?: number;
  /** Gets a line for each answer, without secrets. */
  log?: (line: string) => void;
};

const Setting = z.object({ id: z.string(), value: z.string() });

/** Starts the practice service on 127.0.0.1. Same data folder, same keys, clients and boards. */
export async function startPractice(options: PracticeOptions = {}): Promise<PracticeService> {
  const journal = openJournal(options.dataDir);
  try {
    return await start(journal, options);
  } catch (error) {
    journal.close();
    throw error;
  }
}

async function start(
  journal: Journal,
  { port, redirectUris = ["http://127.0.0.1/callback"], accessTokenSeconds = 60, log: print }: PracticeOptions,
): Promise<PracticeService> {
  const settings = journal.shelf("setting", Setting);
  const seed = settings.get("seed")?.value ?? newSeed();
  const derive = deriveFrom(seed);
  const kanban = openKanban(journal, people);
  if (!settings.get("seed")) {
    journal.together(() => {
      settings.put({ id: "seed", value: seed });
      putSampleData(kanban, journal, new Date());
    });
  }

  const door = await listenOnLoopback({
    wanted: port ?? Number(settings.get("port")?.value ?? 0),
    otherwiseAny: port === undefined,
  });
  const { url } = door;
  if (settings.get("port")?.value !== String(door.port)) settings.put({ id: "port", value: String(door.port) });

  const log = openLog(print);
  const onFault = (error: Error) => print?.(`fault: ${error.stack}`);
  const clients = registeredClients(derive);
  // Loading the authorization server takes longer than all the rest, so it waits for the first who needs it.
  let loading: ReturnType<typeof loadAuthorization> | undefined;
  const authorization = () => (loading ??= loadAuthorization());
  async function loadAuthorization() {
    const { createAuthorizationServer } = await import("./authorization-server.ts");
    return createAuthorizationServer({
      url,
      journal,
      derive,
      people,
      accessTokenSeconds,
      log,
      onFault,
      clients: clientMetadata(clients, redirectUris),
    });
  }

  door.answerWith(practiceApp({ url, journal, kanban, derive, people, log, onFault, authorization }));

  return {
    url,
    documentUrl: `${url}/openapi.json`,
    docsUrl: `${url}/docs`,
    issuer: url,
    log: log.entries,
    keys: derive.keys("ana"),
    clients,
    async close() {
      await door.close();
      journal.close();
    },
  };
}
