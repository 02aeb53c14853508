import { afterAll, afterEach, beforeAll } from "vitest";
import type { ChatEvent, ChatEventBody } from "../../contract/chat.ts";
import type { ConnectedService } from "../../contract/connected-service.ts";
import type { RequestLine } from "../../contract/request-line.ts";
import { Secret } from "../../contract/secret.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Database } from "../../database/database.ts";
import { scratchDatabase } from "../../database/testing.ts";
import { createBuilds } from "../../apps/builds.ts";
import { anthropicModel } from "../../llm/anthropic.ts";
import type { Model } from "../../llm/model.ts";
import { type Asked, type Scripted, serveScriptedModel } from "../../llm/testing.ts";
import { knownSearches } from "../../llm/web-search.ts";
import { type Agent, createAgent } from "../agent.ts";
import { createEvents, type Events } from "../events.ts";
import { bashTool, type CommandResult } from "../tools/bash.ts";
import { chartTool } from "../tools/chart.ts";
import { choicesTool } from "../tools/choices.ts";
import { connectTool, type ConnectNeeds } from "../tools/connect.ts";
import type { AgentTool, Call } from "../tools/tool.ts";

/** A server of the agent for tests: real database, real loop, a shell of a few commands. */
export type Bench = {
  agent: Agent;
  events: Events;
  scope: Scope;
  files: Map<string, string>;
  log: string[];
  /** Follows a conversation until an event of this type, and gives all events since the start. */
  until(conversationId: string, type: ChatEventBody["type"], count?: number, of?: Scope): Promise<ChatEvent[]>;
  close(): Promise<void>;
};

export type BenchOptions = {
  database: Database;
  scope?: Scope;
  model: Model | ((asked: Asked) => Scripted | Promise<Scripted>);
  shell?: (
    command: string,
    call: Call,
    onOutput: (stream: "stdout" | "stderr", text: string) => void,
  ) => Promise<Partial<CommandResult>>;
  requests?: RequestLine[] | (() => RequestLine[]);
  services?: ConnectedService[];
  connect?: Partial<ConnectNeeds>;
  /** More tools beside bash, connect and choices. */
  tools?: AgentTool[];
  tokenBudget?: number;
  /** Whether the model's service searches the web; it does not when left out. */
  searches?: true;
  serverId?: string;
  now?: () => Date;
};

/** Opens benches on one scratch database for the tests of one file; each is closed when its test is over. */
export function scratchBenches() {
  let database: Database;
  const benches: Bench[] = [];
  beforeAll(async () => {
    database = await scratchDatabase();
  });
  afterEach(async () => {
    await Promise.all(benches.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    await database.close();
  });
  return {
    database: () => database,
    async open(options: Omit<BenchOptions, "database">): Promise<Bench> {
      const opened = await openBench({ database, ...options });
      benches.push(opened);
      return opened;
    },
  };
}

export async function openBench(options: BenchOptions): Promise<Bench> {
  const { database } = options;
  const scope = options.scope ?? (await database.createTenant("Test", { name: "Ann" }));
  const events = await createEvents(database);
  const files = new Map<string, string>();
  const log: string[] = [];
  const scripted = typeof options.model === "function" ? await serveScriptedModel(options.model) : undefined;
  const model = scripted
    ? anthropicModel({
        apiKey: new Secret("key-canary"),
        baseUrl: scripted.url,
        searches: knownSearches(options.searches ? "on" : "off"),
      })
    : (options.model as Model);
  const writeFile = async (call: Call, path: string, text: string) => void files.set(path, text);
  const missing = (what: string) => () => Promise.reject(new Error(`this bench has no ${what}`));

  const builds = createBuilds(database, options.tokenBudget ?? 200_000);
  const agent = createAgent({
    database,
    builds,
    events,
    model: async () => model,
    services: async () => options.services ?? [],
    requestsOf: async () => (typeof options.requests === "function" ? options.requests() : (options.requests ?? [])),
    isInside: (host) => host === "intranet.example",
    serverId: options.serverId ?? "server-1",
    tools: [
      bashTool({
        async shell(call, command, onOutput) {
          const result = await options.shell?.(command, call, onOutput);
          return { stdout: "", stderr: "", exitCode: 0, requests: [], raw: [], faults: [], ...result };
        },
        writeFile,
        section: async () => undefined,
      }),
      connectTool({
        updateTo: async () => undefined,
        build: missing("builder"),
        prove: missing("proof"),
        connections: async () => [],
        signInCard: missing("cards"),
        askSignIn: missing("cards"),
        connectWithSecrets: missing("connections"),
        readFile: async (_call, path) => files.get(path) ?? "",
        openBuild: builds.open,
        asksSharing: async () => undefined,
        ...options.connect,
      }),
      choicesTool(),
      ...(options.tools ?? []),
      chartTool(),
    ],
    prove: async () => ({ ok: true, operation: "boards list", ms: 3 }),
    connection: async () => ({ slug: "trello", label: "ann@example.com" }),
    signInCardAgain: missing("cards"),
    writeFile: async (_scope, _conversationId, path, text) => void files.set(path, text),
    agree: () => Promise.reject(new Error("nothing is agreed to here")),
    endConversation: async () => undefined,
    log: (line) => log.push(line),
    ...(options.now ? { now: options.now } : {}),
  });

  return {
    agent,
    events,
    scope,
    files,
    log,
    async until(conversationId, type, count = 1, of = scope) {
      const enough = new AbortController();
      const seen: ChatEvent[] = [];
      let left = count;
      for await (const event of agent.events(of, conversationId, { after: 0, signal: enough.signal })) {
        seen.push(event);
        if (event.body.type === type && --left === 0) break;
      }
      return seen;
    },
    async close() {
      await agent.close();
      await events.close();
      await scripted?.close();
    },
  };
}

/** What people read: the pieces of text joined. */
export function textOf(events: ChatEvent[]): string {
  return events.flatMap(({ body }) => (body.type === "text" ? [body.text] : [])).join("");
}

export function bodiesOf<Type extends ChatEventBody["type"]>(events: ChatEvent[], type: Type) {
  return events.flatMap(({ body }) => (body.type === type ? [body as Extract<ChatEventBody, { type: Type }>] : []));
}
