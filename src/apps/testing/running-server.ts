import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Api } from "../../contract/procedures.ts";
import { connectTo } from "../cli/client.ts";
import { freshPostgres } from "../../database/testing.ts";
import { readSettings } from "../env.ts";
import { type RunningServer, startServer } from "../server/start.ts";

export type Served = RunningServer & {
  folder: string;
  /** Signs a browser in and gives its cookie. */
  signIn(): Promise<string>;
  /** The typed client, with the terminal's API key. */
  api: Api;
  /** Asks over REST with that key, as `curl` would; a body makes it a POST. */
  rest(path: string, body?: unknown, method?: string): Promise<{ status: number; body: unknown }>;
};

type Options = {
  page?: boolean;
  environment?: Record<string, string>;
  engine?: "pglite" | "postgres";
  /** Public hosts that this machine plays. */
  stage?: ReadonlyMap<string, string>;
};

/** A whole Patchbay in a folder of its own, on free ports, for the tests of one file. */
export function runningServer(o: Options = {}): () => Served {
  let served: Served | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "patchbay-test-"));
    const own = o.engine === "postgres" ? await onPostgres() : {};
    const settings = readSettings({ DATA_DIR: folder, PORT: "0", PRACTICE_PORT: "0", ...own, ...o.environment });
    const server = await startServer(settings, {
      page: o.page ?? false,
      anyPort: true,
      quiet: true,
      ...(o.stage ? { stage: o.stage } : {}),
    });
    const rest: Served["rest"] = async (path, body, method = body === undefined ? "GET" : "POST") => {
      const answer = await fetch(`${server.local}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    };
    const api = connectTo({ url: server.local, token: server.token });
    served = {
      ...server,
      folder,
      api,
      rest,
      async signIn() {
        const { search } = new URL((await api.sessions.link()).url);
        const answer = await fetch(`${server.local}/sign-in${search}`, { redirect: "manual" });
        return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
      },
    };
  }, 60_000);
  afterAll(async () => {
    await served?.close();
    if (served) rmSync(served.folder, { recursive: true, force: true });
  });
  return () => {
    if (!served) throw new Error("the server has not started");
    return served;
  };
}

async function onPostgres(): Promise<Record<string, string>> {
  const url = await freshPostgres();
  return { DATABASE_URL: url.reveal(), VAULT_KEYS: `k1:${randomBytes(32).toString("base64")}` };
}
