import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { and, eq, isNull } from "drizzle-orm";
import type { Access } from "../contract/access.ts";
import type { Approval } from "../contract/approval.ts";
import type { ChatEventBody } from "../contract/chat.ts";
import type { Connection } from "../contract/connection.ts";
import type { Integration } from "../contract/integration.ts";
import { isProblem, Problem } from "../contract/problem.ts";
import type { RawRequest, RequestLine } from "../contract/request-line.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { conversation, run, runGrant } from "../database/tables.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import type { Placement } from "../gateway/place.ts";
import type { GatewayNeeds } from "../gateway/serve.ts";
import type { Cut, ExecResult, Sandbox, SandboxSession } from "../sandbox/sandbox.ts";
import { type Approvals, createApprovals } from "./approvals.ts";
import { askPerson } from "./ask-person.ts";
import { connectedTools } from "./connected-tools.ts";
import { grantHider, hideGrants } from "./hide-grants.ts";
import { secretHider } from "./hide-secrets.ts";
import { createIntegrationFacts } from "./integration-facts.ts";
import { auditDenied, createPermit } from "./permit.ts";
import { rememberedSandbox } from "./remembered-sandbox.ts";
import { type MetFault, noticeFaults } from "./notice-faults.ts";
import { createRequests } from "./requests.ts";
import { createRunGrants } from "./run-grants.ts";
import { shellLine } from "./shell-line.ts";
import { toolCommands } from "./tool-commands.ts";

/** A connection with its integration, URL variables filled in. */
export type Described = { connection: Connection; integration: Integration; baseUrl: string; hosts: string[] };

export type RunsNeeds = {
  database: Database;
  sandbox: Sandbox;
  connections: {
    authorize(
      scope: Scope,
      connectionId: string,
      o?: { refused?: boolean; version?: number; hosts?: readonly string[] },
    ): Promise<{ placements: Placement[]; version?: number }>;
    describe(scope: Scope, connectionId: string): Promise<Described>;
    noteScopeGap(
      scope: Scope,
      connectionId: string,
      answer: { status: number; headers: Headers; body?: string },
    ): Promise<{ scopes: string[]; isKey: boolean } | undefined>;
  };
  /**
   * A run met a sign-in that has ended, that lacks scopes, or that the service refused although it was renewed.
   *
   * @returns of the last: whether the sign-in works otherwise, so that only this request is at fault.
   */
  signInNeeded?(
    scope: Scope,
    met: { connectionId: string; conversationId: string | null; why: "ended" | "scopes" | "refused" },
  ): Promise<{ worksOtherwise: boolean }>;
  /** Appends an event to a conversation. */
  emit(scope: Scope, conversationId: string, body: ChatEventBody): Promise<void>;
  /** Where tools find the gateway; asked at each call, as the gateway starts after this room. */
  gatewayUrl(): string;
  /** `env`: tools cannot reach the gateway and get the credentials themselves. Default `gateway`. */
  credentialDelivery?: "gateway" | "env";
  /** Where a conversation's files lie; without it they end with the server. */
  filesDir?(conversationId: string): string;
  /** How long a question stays open. Default 15 minutes. */
  approvalMs?: number;
  now?: () => Date;
  log?: (line: string) => void;
};

export type RunResult = {
  runId: string;
  stdout: string;
  stderr: string;
  exitCode: number;
  truncated?: boolean;
  cut?: Cut;
  requests: RequestLine[];
  /** The same with all that was sent and how the answers begin; of conversations only. */
  raw: RawRequest[];
  /** Of what was sent, what failed as it would if the service had changed. */
  faults: MetFault[];
};

type OnOutput = (stream: "stdout" | "stderr", text: string) => void;

export type Runs = {
  /** Handed to `serveGateway`. */
  gatewayNeeds: Pick<GatewayNeeds, "openGrant" | "authorize" | "permit" | "record"> &
    Required<Pick<GatewayNeeds, "refused">>;
  /** Runs a line of shell in the conversation's sandbox. A failing command is an answer, not an exception. */
  shell(
    scope: Scope,
    o: {
      conversationId: string;
      turnId?: string;
      command: string;
      signal?: AbortSignal;
      onOutput?: OnOutput;
      timeoutMs?: number;
    },
  ): Promise<RunResult>;
  /** Runs one operation of one connection, outside conversations; drafts too, which is how a connection is proven. */
  operation(
    scope: Scope,
    o: {
      connectionId: string;
      argv: string[];
      stdin?: string | Uint8Array;
      kind?: "operation" | "proof";
      signal?: AbortSignal;
      onOutput?: OnOutput;
      /** Shows a question about a write; answered through `approvals`. */
      onApproval?: (approval: Approval) => void;
      timeoutMs?: number;
    },
  ): Promise<RunResult>;
  /** For a turn that was cut: what its commands already sent. Whatever is left of them has no access from then on. */
  requestsOf(scope: Scope, o: { turnId: string }): Promise<RequestLine[]>;
  approvals: Pick<Approvals, "list" | "answer" | "expire">;
  /** To be called when policies of a tenant were changed: then they hold at once, everywhere; without it within a second. */
  policiesChanged(tenantId: string): Promise<void>;
  files: {
    list(scope: Scope, conversationId: string): Promise<{ path: string; size: number }[]>;
    read(scope: Scope, conversationId: string, path: string): Promise<Uint8Array>;
    write(scope: Scope, conversationId: string, path: string, data: Uint8Array): Promise<void>;
  };
  /** Ends the conversation's sandbox, its files included; to be called before the conversation itself is deleted. */
  endConversation(scope: Scope, conversationId: string): Promise<void>;
  /** At start: ends what a server that died left behind, so that nothing it started can use a grant of it. */
  recover(): Promise<void>;
  close(): Promise<void>;
};

/** Everything that executes: commands and operations, their grants, the decision on each request, and the record of it. */
export function createRuns(needs: RunsNeeds): Runs {
  const { database, sandbox, connections } = needs;
  const now = needs.now ?? (() => new Date());
  const log = needs.log ?? (() => undefined);
  const facts = createIntegrationFacts(database);
  const requests = createRequests({ database, now, log });
  const approvals = createApprovals({
    database,
    emit: needs.emit,
    rulingsChanged: facts.rulingsChanged,
    now,
  });
  const grants = createRunGrants({ database, describe: connections.describe, version: facts.version, now });
  const waits = new Map<string, number>(); // requests that wait for a person, by grant
  const hidersOf = new Map<string, ReturnType<typeof secretHider>[]>(); // by run
  const askers = new Map<string, (approval: Approval) => void>(); // by run
  const proofs = new Set<string>(); // runs under way

  const permit = createPermit({
    database,
    ask: (question) =>
      askPerson({ database, approvals, emit: needs.emit, approvalMs: needs.approvalMs ?? 15 * 60_000, now }, question),
    requests,
    facts,
    waits: (grantId, by) => {
      const count = (waits.get(grantId) ?? 0) + by;
      if (count > 0) waits.set(grantId, count);
      else waits.delete(grantId);
    },
    tell: (runId, approval) => askers.get(runId)?.(approval),
    isProof: (runId) => proofs.has(runId),
  });

  const met = async (grant: OpenGrant, why: "ended" | "scopes" | "refused"): Promise<{ worksOtherwise: boolean }> => {
    const unknown = { worksOtherwise: false };
    // Whoever proves a connection sees how it goes.
    if (!needs.signInNeeded || proofs.has(grant.runId)) return unknown;
    const { tenantId, personId, connectionId, conversationId } = grant;
    const told = needs
      .signInNeeded({ tenantId, personId }, { connectionId, conversationId, why })
      .catch((error: unknown) => {
        log(`a sign-in was not asked for: ${error instanceof Error ? error.name : "error"}`);
        return unknown;
      });
    return Promise.race([told, wait(longestCheckMs, unknown, { ref: false })]);
  };

  const authorize: GatewayNeeds["authorize"] = (grant, o) =>
    connections.authorize(grant, grant.connectionId, { ...o, hosts: grant.hosts }).catch(async (error: unknown) => {
      if (isProblem(error, "sign_in_ended")) await met(grant, "ended");
      throw error;
    });

  const commandNeeds = {
    grants,
    gatewayUrl: needs.gatewayUrl,
    version: facts.version,
    isWaiting: (grantId: string) => waits.has(grantId),
    facts,
    denied: (grant: OpenGrant, asked: { operation: string; access: Access }) => auditDenied(database, grant, asked),
    direct:
      needs.credentialDelivery === "env"
        ? {
            permit,
            record: requests.end,
            authorize: (grant: OpenGrant) => authorize(grant, {}),
            handedOut: (runId: string, placements: Placement[]) => {
              for (const hider of hidersOf.get(runId) ?? []) hider.know(placements);
            },
          }
        : undefined,
  };

  /** The sandbox asks for commands at the start of each run; this tells it whose run that is. */
  const current = new AsyncLocalStorage<RunIds>();
  const sessions = new Map<string, Promise<SandboxSession>>();

  const sessionOf = async (scope: Scope, conversationId: string): Promise<SandboxSession> => {
    await assertOwned(scope, conversationId);
    const filesDir = needs.filesDir?.(conversationId);
    const session =
      sessions.get(conversationId) ??
      sandbox.open({
        id: conversationId,
        ...(filesDir === undefined ? {} : { filesDir }),
        remembered: rememberedSandbox(database, scope, conversationId),
        commands: async () => {
          const ids = current.getStore();
          if (!ids) return [];
          return toolCommands(commandNeeds, scope, ids, await connectedTools(database, scope));
        },
      });
    sessions.set(conversationId, session);
    session.catch(() => sessions.delete(conversationId));
    return session;
  };

  const assertOwned = async (scope: Scope, conversationId: string): Promise<void> => {
    const [row] = await withinTenant(database, scope.tenantId, (tx) =>
      tx
        .select({ id: conversation.id })
        .from(conversation)
        .where(and(eq(conversation.id, conversationId), eq(conversation.personId, scope.personId))),
    );
    if (!row) throw new Problem("not_found", { what: "conversation" });
  };

  /** Keeps the run on record from before its first request until after its last. */
  const execute = async (
    scope: Scope,
    o: { kind: string; command: string; conversationId: string | null; turnId?: string; onOutput?: OnOutput },
    work: (ids: RunIds, onOutput: OnOutput) => Promise<ExecResult>,
  ): Promise<RunResult> => {
    const { kind, conversationId, turnId } = o;
    const command = hideGrants(o.command).slice(0, 20_000);
    const [row] = await withinTenant(database, scope.tenantId, (tx) =>
      tx
        .insert(run)
        .values({ ...scope, kind, command, conversationId, turnId: turnId ?? null, createdAt: now() })
        .returning({ id: run.id }),
    );
    if (!row) throw new Error("the run was not kept");
    const ids = { runId: row.id, conversationId };
    const end = (status: string, exitCode: number | null) =>
      withinTenant(database, scope.tenantId, (tx) =>
        tx.update(run).set({ status, exitCode, endedAt: now() }).where(eq(run.id, ids.runId)),
      );
    const hiders = { stdout: grantHider(), stderr: grantHider() };
    const secrets = { stdout: secretHider(), stderr: secretHider() };
    hidersOf.set(ids.runId, Object.values(secrets));
    const hidden = { stdout: "", stderr: "" };
    const hide = (stream: "stdout" | "stderr", text: string) => {
      hidden[stream] += text;
      return text;
    };
    const tell = (stream: "stdout" | "stderr", text: string) => {
      if (text !== "") o.onOutput?.(stream, text);
    };
    let result: ExecResult;
    try {
      result = await work(ids, (stream, text) =>
        tell(stream, hide(stream, hiders[stream].push(secrets[stream].push(text)))),
      );
    } catch (error) {
      hidersOf.delete(ids.runId);
      requests.takeRaw(ids.runId);
      await end("failed", null);
      throw error;
    }
    hidersOf.delete(ids.runId);
    for (const stream of ["stdout", "stderr"] as const) {
      tell(stream, hide(stream, hiders[stream].push(secrets[stream].end())));
      tell(stream, hide(stream, hiders[stream].end()));
    }
    await end(result.cut ? "cut" : "done", result.exitCode);
    const made = await requests.ofRun(scope, ids.runId);
    const sent = requests.takeRaw(ids.runId);
    // Whoever proves a tool keeps with it what failed.
    const faults = kind === "proof" ? [] : await noticeFaults({ database, version: facts.version, log }, scope, sent);
    return {
      ...result,
      runId: ids.runId,
      ...hidden, // all of the output came in pieces
      requests: made,
      raw: conversationId === null ? [] : sent.map(({ request }) => request),
      faults,
    };
  };

  return {
    gatewayNeeds: {
      openGrant: grants.open,
      authorize,
      refused: async (grant, { status, headers, body }) => {
        const answer = { status, headers: headersOf(headers), body };
        const lacking = await connections.noteScopeGap(grant, grant.connectionId, answer);
        if (lacking) await met(grant, "scopes");
        if (lacking) return { lacking };
        const isFine = status === 401 && (await met(grant, "refused")).worksOtherwise;
        return isFine ? { worksOtherwise: true } : undefined;
      },
      permit,
      record: requests.end,
    },

    shell: async (scope, o) => {
      const session = await sessionOf(scope, o.conversationId);
      return execute(scope, { ...o, kind: "shell" }, (ids, onOutput) =>
        current.run(ids, () =>
          session.exec(o.command, {
            onOutput,
            ...(o.signal ? { signal: o.signal } : {}),
            ...(o.timeoutMs === undefined ? {} : { timeoutMs: o.timeoutMs }),
          }),
        ),
      );
    },

    operation: async (scope, o) => {
      const { connection, integration } = await connections.describe(scope, o.connectionId);
      const { slug, name, versionId } = integration;
      const account = { connectionId: connection.id, label: connection.label, isDefault: true };
      const command = shellLine([slug, ...o.argv]);
      const about = { kind: o.kind ?? "operation", command, conversationId: null };
      return execute(scope, { ...about, ...(o.onOutput ? { onOutput: o.onOutput } : {}) }, async (ids, onOutput) => {
        if (o.onApproval) askers.set(ids.runId, o.onApproval);
        if (o.kind === "proof") proofs.add(ids.runId);
        const session = await sandbox.open({
          id: ids.runId,
          commands: () => toolCommands(commandNeeds, scope, ids, [{ slug, name, versionId, accounts: [account] }]),
        });
        try {
          const stdin = o.stdin === undefined ? undefined : Buffer.from(o.stdin);
          if (stdin) await session.writeFile("/tmp/stdin", stdin);
          return await session.exec(stdin ? `${command} < /tmp/stdin` : command, {
            onOutput,
            ...(o.signal ? { signal: o.signal } : {}),
            ...(o.timeoutMs === undefined ? {} : { timeoutMs: o.timeoutMs }),
          });
        } finally {
          askers.delete(ids.runId);
          proofs.delete(ids.runId);
          await session.end();
        }
      });
    },

    requestsOf: async (scope, { turnId }) => {
      await grants.endTurn(scope, turnId);
      return requests.ofTurn(scope, turnId);
    },
    approvals: { list: approvals.list, answer: approvals.answer, expire: approvals.expire },

    policiesChanged: facts.rulingsChanged,

    files: {
      list: async (scope, id) => (await sessionOf(scope, id)).listFiles(),
      read: async (scope, id, path) => {
        const session = await sessionOf(scope, id);
        return await session.readFile(path).catch(fileProblem);
      },
      write: async (scope, id, path, data) => {
        const session = await sessionOf(scope, id);
        await session.writeFile(path, data).catch(fileProblem);
      },
    },

    endConversation: async (scope, id) => {
      const session = await sessionOf(scope, id);
      sessions.delete(id);
      await session.end();
    },

    recover: async () => {
      // On Postgres other servers may be at work; their grants end by themselves.
      if (database.engine === "postgres") return;
      for (const tenantId of await database.tenants()) {
        await withinTenant(database, tenantId, async (tx) => {
          await tx.update(runGrant).set({ endedAt: now() }).where(isNull(runGrant.endedAt));
          await tx.update(run).set({ status: "cut", endedAt: now() }).where(eq(run.status, "running"));
        });
      }
    },

    close: async () => {
      await Promise.allSettled([...sessions.values()].map(async (session) => (await session).close()));
      await requests.flush();
      await Promise.all([approvals.close(), grants.close(), facts.close()]);
    },
  };
}

/** How long a tool waits to hear what its refusal was about. */
const longestCheckMs = 15_000;

type RunIds = { runId: string; conversationId: string | null };

function headersOf(headers: IncomingHttpHeaders): Headers {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
  return new Headers(pairs);
}

/** Both sandboxes say by a code what is wrong with a path; anything else is a fault of ours. */
function fileProblem(error: unknown): never {
  const code = error instanceof Error ? /^E[A-Z]+(?=:)/.exec(error.message)?.[0] : undefined;
  switch (code) {
    case "ENOENT":
      throw new Problem("not_found", { what: "file" });
    case "EACCES":
    case "EPERM":
    case "ELOOP":
      throw new Problem("input_invalid", { detail: "the path leads out of this conversation's files." });
    case "EISDIR":
    case "ENOTDIR":
      throw new Problem("input_invalid", { detail: "the path is not that of a file." });
    case "ENOSPC":
      throw new Problem("input_invalid", { detail: "this conversation's files have no room left. Remove some first." });
    default:
      throw error;
  }
}
