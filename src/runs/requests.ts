import { and, asc, eq, inArray } from "drizzle-orm";
import { type RawRequest, RequestLine } from "../contract/request-line.ts";
import { noteAnswers } from "../connections/connection-store.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { request, run } from "../database/tables.ts";
import { countUsage } from "../database/usage.ts";
import type { AskedRequest } from "../gateway/asked-request.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import type { Outcome } from "../gateway/serve.ts";

/**
 * What runs asked of services. A write is on record before it leaves. Reads are written together, up to a second later; the
 * same read again within that second shares its line, and of more than 500 different ones only the number is kept.
 */
export type Requests = {
  /** In the transaction that lets the write go. */
  begin(tx: Transaction, grant: OpenGrant, asked: AskedRequest): Promise<string>;
  beginRead(grant: OpenGrant, asked: AskedRequest): string;
  end(grant: OpenGrant, requestId: string, outcome: Outcome): void;
  ofRun(scope: Scope, runId: string): Promise<RequestLine[]>;
  ofTurn(scope: Scope, turnId: string): Promise<RequestLine[]>;
  /** What a run sent and got, raw, up to now; it is forgotten here with that. */
  takeRaw(runId: string): Sent[];
  /** Resolves when everything so far is on record. */
  flush(): Promise<void>;
};

/** `grant`: by which it was sent. */
export type Sent = { grant: OpenGrant; request: RawRequest };

type Read = { grant: OpenGrant; asked: AskedRequest; at: Date };
type Line = Read & { status: number | null; ms: number; outcome: RequestLine["outcome"] };
/** `answered`: connections whose service answered as it should. */
type Gathered = {
  answered: Set<string>;
  lines: Map<string, Line>;
  calls: Map<string, { count: number; failures: number; ms: number }>;
};

const gatherMs = 1000;
const mostLines = 500;
const mostRaw = 30;
const rawCharacters = 8_000;

export function createRequests(needs: { database: Database; now: () => Date; log: (line: string) => void }): Requests {
  const { database, now } = needs;
  const reads = new Map<string, Read>(); // under way
  const writing = new Set<Promise<void>>();
  const raw = new Map<string, Map<string, Sent>>(); // by run, then by request
  let gathered = new Map<string, Gathered>(); // by tenant
  let timer: NodeJS.Timeout | undefined;
  let count = 0;

  const keep = (work: Promise<unknown>) => {
    const kept = work
      .then(() => undefined)
      .catch((error: unknown) =>
        needs.log(`requests could not be recorded: ${error instanceof Error ? error.name : "error"}`),
      )
      .finally(() => writing.delete(kept));
    writing.add(kept);
  };

  const gather = (grant: OpenGrant, outcome: Outcome, line?: Line) => {
    const here = gathered.get(grant.tenantId) ?? { answered: new Set(), lines: new Map(), calls: new Map() };
    gathered.set(grant.tenantId, here);
    if (!outcome.refused) {
      if (outcome.status !== undefined && outcome.status < 400) here.answered.add(grant.connectionId);
      const calls = here.calls.get(grant.slug) ?? { count: 0, failures: 0, ms: 0 };
      here.calls.set(grant.slug, calls);
      calls.count += 1;
      calls.ms += outcome.ms;
      if (outcome.failed || outcome.status === undefined || outcome.status >= 500) calls.failures += 1;
    }
    if (line) {
      const { method, host, path, query } = line.asked;
      const key = `${grant.runId} ${method} ${host}${path}?${query} ${line.status}`;
      if (here.lines.size < mostLines || here.lines.has(key)) here.lines.set(key, line);
    }
    timer ??= setTimeout(write, gatherMs).unref();
  };

  const keepRaw = (grant: OpenGrant, asked: AskedRequest, requestId: string) => {
    const here = raw.get(grant.runId) ?? new Map<string, Sent>();
    raw.set(grant.runId, here);
    if (here.size < mostRaw) here.set(requestId, { grant, request: rawOf(grant, asked) });
  };

  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    for (const [tenantId, { answered, lines, calls }] of gathered) {
      const rows = [...lines.values()].map(({ grant, asked, at, ...answer }) => ({
        ...rowOf(grant, asked, at),
        ...answer,
      }));
      keep(
        withinTenant(database, tenantId, async (tx) => {
          if (rows.length > 0) await tx.insert(request).values(rows);
          if (answered.size > 0) await noteAnswers(tx, [...answered]);
          const scope = { tenantId, personId: "" };
          for (const [subject, { count, failures, ms }] of calls) {
            if (count > failures) await countUsage(tx, scope, { kind: "call", subject, count: count - failures, ms });
            if (failures > 0) await countUsage(tx, scope, { kind: "call", subject, count: failures, failed: true });
          }
        }),
      );
    }
    gathered = new Map();
  };

  const flush = async () => {
    write();
    while (writing.size > 0) await Promise.all(writing);
  };

  const select = async (scope: Scope, runIds: (tx: Transaction) => Promise<string[]>): Promise<RequestLine[]> => {
    await flush();
    const rows = await withinTenant(database, scope.tenantId, async (tx) => {
      const ids = await runIds(tx);
      if (ids.length === 0) return [];
      return tx.select().from(request).where(inArray(request.runId, ids)).orderBy(asc(request.createdAt));
    });
    return rows.map((row) => RequestLine.parse({ ...row, at: row.createdAt }));
  };

  return {
    flush,
    begin: async (tx, grant, asked) => {
      const [row] = await tx
        .insert(request)
        .values(rowOf(grant, asked, now()))
        .returning({ id: request.id });
      if (!row) throw new Error("the request was not recorded");
      keepRaw(grant, asked, row.id);
      return row.id;
    },
    beginRead: (grant, asked) => {
      count += 1;
      const id = `read ${count}`;
      reads.set(id, { grant, asked, at: now() });
      keepRaw(grant, asked, id);
      return id;
    },
    end: (grant, requestId, outcome) => {
      const { status, ms, failed, refused, answer: got } = outcome;
      const seen = raw.get(grant.runId)?.get(requestId)?.request;
      if (seen) Object.assign(seen, { status: status ?? null, ms, answer: got ?? null });
      const read = reads.get(requestId);
      if (read) {
        reads.delete(requestId);
        const how = refused ? "refused" : status === undefined ? "failed" : "answered";
        gather(grant, outcome, { ...read, status: status ?? null, ms, outcome: how });
        return;
      }
      // A write whose answer was never seen stays `sent`: nobody knows whether it happened.
      const answer = {
        status: status ?? null,
        ms,
        outcome: refused ? "refused" : status !== undefined ? "answered" : failed ? "failed" : "sent",
      };
      keep(
        withinTenant(database, grant.tenantId, (tx) => tx.update(request).set(answer).where(eq(request.id, requestId))),
      );
      gather(grant, outcome);
    },
    takeRaw: (runId) => {
      const taken = [...(raw.get(runId)?.values() ?? [])];
      raw.delete(runId);
      return taken;
    },
    ofRun: (scope, runId) => select(scope, () => Promise.resolve([runId])),
    ofTurn: (scope, turnId) =>
      select(scope, async (tx) => {
        const runs = await tx
          .select({ id: run.id })
          .from(run)
          .where(and(eq(run.turnId, turnId), eq(run.personId, scope.personId)));
        return runs.map(({ id }) => id);
      }),
  };
}

function rawOf(grant: OpenGrant, asked: AskedRequest): RawRequest {
  const { access, method, host, path, query, contentType } = asked;
  const operation = asked.listed ? asked.operation : null;
  const body = asked.shownBody()?.slice(0, rawCharacters) ?? null;
  const whose = { service: grant.name, account: grant.account };
  return {
    ...whose,
    operation,
    access,
    method,
    host,
    path,
    query,
    contentType,
    body,
    status: null,
    ms: null,
    answer: null,
  };
}

function rowOf(grant: OpenGrant, asked: AskedRequest, createdAt: Date): typeof request.$inferInsert {
  return {
    tenantId: grant.tenantId,
    runId: grant.runId,
    connectionId: grant.connectionId,
    operation: asked.listed ? asked.operation : null,
    access: asked.access,
    method: asked.method,
    host: asked.host,
    path: asked.path,
    requestHash: asked.hash(),
    createdAt,
  };
}
