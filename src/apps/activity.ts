import { and, desc, eq, gte, inArray, isNull, like, lte, not, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { Access } from "../contract/access.ts";
import { Problem } from "../contract/problem.ts";
import type { ActivityEntry, ActivityFilter, ActivityKind, ActivityOutcome } from "../contract/procedures/activity.ts";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { audit, customIntegrationCredential, person, request, run } from "../database/tables.ts";
import { listIntegrations } from "../integrations/integrations.ts";

/**
 * One page of what was done, newest first: the audit, and each request that was sent with a credential. An owner sees what
 * everybody did, others what they did themselves.
 */
export async function listActivity(
  tx: Transaction,
  scope: Scope,
  filter: ActivityFilter,
): Promise<{ entries: ActivityEntry[]; next: string | null }> {
  const integrations = new Map((await listIntegrations(tx)).map((one) => [one.id, one]));
  const people = new Map(
    (await tx.select({ id: person.id, name: person.name, role: person.role }).from(person)).map((one) => [one.id, one]),
  );
  const accounts = await accountsOf(tx);
  const asked = {
    ...filter,
    integrationId: filter.slug && ([...integrations.values()].find(({ slug }) => slug === filter.slug)?.id ?? null),
    personId: people.get(scope.personId)?.role === "owner" ? undefined : scope.personId,
    before: filter.cursor === undefined ? undefined : readCursor(filter.cursor),
  };
  const connectionsOf = (integrationId: string) =>
    [...accounts.values()].flatMap((one) => (one.integrationId === integrationId ? one.id : []));

  const [deeds, uses] = [await readAudit(tx, asked), await readRequests(tx, asked, connectionsOf)];
  const page = [...deeds, ...uses].toSorted((a, b) => (a.order < b.order ? 1 : -1));
  const shown = page.slice(0, filter.limit);
  const last = shown.at(-1);
  return {
    entries: shown.map(({ order: _order, personId, integrationId, connectionId, ...entry }) => {
      const who = personId === null ? undefined : people.get(personId);
      const account = connectionId === null ? undefined : accounts.get(connectionId);
      const what = integrations.get(integrationId ?? account?.integrationId ?? "");
      return {
        ...entry,
        person: who ? { id: who.id, name: who.name } : null,
        integration: what ? { slug: what.slug, name: what.name } : goneIntegration(entry.facts, account),
        connection: connectionId === null ? null : { id: connectionId, label: account?.label ?? "a former account" },
      };
    }),
    next: last && page.length > shown.length ? writeCursor(last.order) : null,
  };
}

type Asked = Omit<ActivityFilter, "cursor" | "slug"> & {
  slug?: string | undefined;
  integrationId?: string | null | undefined;
  personId?: string | undefined;
  before?: string | undefined;
};
/** `order`: time to the microsecond, then the id; what pages are cut by. */
type Line = Omit<ActivityEntry, "person" | "integration" | "connection"> & {
  order: string;
  personId: string | null;
  integrationId: string | null;
  connectionId: string | null;
};

async function readAudit(tx: Transaction, asked: Asked): Promise<Line[]> {
  if (asked.outcome === "unknown") return [];
  const rows = await tx
    .select({ row: audit, order: orderOf(audit) })
    .from(audit)
    .where(
      and(
        // A request that was sent has a line of its own below, with how it ended.
        not(and(like(audit.action, "request.%"), eq(audit.outcome, "ok")) ?? sql`false`),
        asked.kind === undefined ? undefined : ofKind(asked.kind),
        asked.integrationId === undefined
          ? undefined
          : asked.integrationId === null
            ? sql`${audit.facts}->>'slug' = ${asked.slug ?? ""}`
            : or(eq(audit.integrationId, asked.integrationId), sql`${audit.facts}->>'slug' = ${asked.slug ?? ""}`),
        asked.connectionId === undefined ? undefined : eq(audit.connectionId, asked.connectionId),
        asked.outcome === undefined ? undefined : eq(audit.outcome, asked.outcome),
        asked.personId === undefined ? undefined : eq(audit.personId, asked.personId),
        within(audit, asked),
      ),
    )
    .orderBy(desc(audit.createdAt), desc(audit.id))
    .limit(asked.limit + 1);
  return rows.map(({ row, order }) => {
    const facts = Facts.parse(row.facts);
    return {
      id: row.id,
      order,
      at: row.createdAt,
      kind: kindOf(row.action),
      action: row.action,
      outcome: Outcome.parse(row.outcome),
      text: textOf(row.action, row.outcome, facts),
      personId: row.personId,
      integrationId: row.integrationId,
      connectionId: row.connectionId,
      facts,
    };
  });
}

async function readRequests(
  tx: Transaction,
  asked: Asked,
  connectionsOf: (integrationId: string) => string[],
): Promise<Line[]> {
  if ((asked.kind !== undefined && asked.kind !== "use") || asked.integrationId === null) return [];
  const own = asked.integrationId === undefined ? undefined : connectionsOf(asked.integrationId);
  if (own?.length === 0) return [];
  const rows = await tx
    .select({ row: request, order: orderOf(request), personId: run.personId })
    .from(request)
    .leftJoin(run, eq(run.id, request.runId))
    .where(
      and(
        own === undefined ? undefined : inArray(request.connectionId, own),
        asked.connectionId === undefined ? undefined : eq(request.connectionId, asked.connectionId),
        asked.outcome === undefined ? undefined : ended(asked.outcome),
        asked.personId === undefined ? undefined : eq(run.personId, asked.personId),
        within(request, asked),
      ),
    )
    .orderBy(desc(request.createdAt), desc(request.id))
    .limit(asked.limit + 1);
  return rows.map(({ row, order, personId }) => ({
    id: row.id,
    order,
    at: row.createdAt,
    kind: "use",
    action: `request.${row.access}`,
    outcome: outcomeOf(row),
    text: row.operation ?? `${row.method} ${row.path}`,
    personId,
    integrationId: null,
    connectionId: row.connectionId,
    request: {
      access: Access.parse(row.access),
      method: row.method,
      host: row.host,
      path: row.path,
      status: row.status,
      ms: row.ms,
    },
    facts: {},
  }));
}

/** How a request ended, as people count it: whether it was let through, and whether the service did it. */
export function outcomeOf({ status, outcome }: { status: number | null; outcome: string }): ActivityOutcome {
  if (outcome === "failed" || outcome === "refused") return outcome;
  if (status === null) return "unknown";
  if (status === 401 || status === 403) return "refused";
  return status < 400 ? "ok" : "failed";
}

function ended(outcome: ActivityOutcome): SQL | undefined {
  switch (outcome) {
    case "ok":
      return sql`${request.status} < 400`;
    case "refused":
      return or(inArray(request.status, [401, 403]), eq(request.outcome, "refused"));
    case "failed":
      return sql`(${request.status} >= 400 and ${request.status} not in (401, 403) or ${request.status} is null and ${request.outcome} = 'failed')`;
    case "unknown":
      return and(isNull(request.status), eq(request.outcome, "sent"));
  }
}

type Timed = typeof audit | typeof request;

function within(table: Timed, { from, to, before }: Asked): SQL | undefined {
  const [time, id] = before?.split(" ") ?? [];
  return and(
    from === undefined ? undefined : gte(table.createdAt, from),
    to === undefined ? undefined : lte(table.createdAt, to),
    time === undefined ? undefined : sql`(${table.createdAt}, ${table.id}) < (${time}::timestamptz, ${id ?? ""}::uuid)`,
  );
}

const orderOf = (table: Timed) =>
  sql<string>`to_char(${table.createdAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ' ' || ${table.id}`;

const Order = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [\da-f]{8}-[\da-f-]{27}$/);
const writeCursor = (order: string) => Buffer.from(order).toString("base64url");

function readCursor(text: string): string {
  const read = Order.safeParse(Buffer.from(text, "base64url").toString("latin1"));
  if (!read.success) throw new Problem("input_invalid", { detail: "`cursor` is not one that was given out." });
  return read.data;
}

/** Accounts that are there, and those that were: their disconnection kept the name. */
async function accountsOf(tx: Transaction) {
  const here = await tx
    .select({
      id: customIntegrationCredential.id,
      label: customIntegrationCredential.label,
      integrationId: customIntegrationCredential.integrationId,
    })
    .from(customIntegrationCredential);
  const gone = await tx.select().from(audit).where(eq(audit.action, "connection.disconnect"));
  const all = new Map<string, Account>();
  for (const { connectionId: id, integrationId, facts } of gone) {
    const { label, slug } = Facts.parse(facts);
    if (id === null || integrationId === null || typeof label !== "string") continue;
    all.set(id, { id, label, integrationId, ...(typeof slug === "string" ? { slug } : {}) });
  }
  for (const one of here) all.set(one.id, one);
  return all;
}

type Account = { id: string; label: string; integrationId: string; slug?: string };

function goneIntegration(facts: Record<string, unknown>, account: Account | undefined) {
  const slug = facts["slug"] ?? account?.slug;
  return typeof slug === "string" ? { slug, name: slug } : null;
}

const Facts = z.record(z.string(), z.unknown());
const Outcome = z.enum(["ok", "refused", "failed"]);

/** Which actions are of a kind: exact, or by what they begin with. */
const kinds: Record<Exclude<ActivityKind, "other" | "connection">, string[]> = {
  use: ["request.%"],
  refresh: ["connection.refresh"],
  approval: ["approval.%"],
  policy: ["policy.%"],
  connect: ["connection.connect", "connection.sign_in_again", "connection.sign_in_ended"],
  disconnect: ["connection.disconnect"],
  client: ["oauth_client.%"],
  integration: ["integration.%"],
  access: ["api_key.%", "session.%", "link.%", "model_key.%"],
};

function kindOf(action: string): ActivityKind {
  const found = Object.entries(kinds).find(([, patterns]) => patterns.some((pattern) => fits(pattern, action)));
  if (found) return found[0] as ActivityKind;
  return action.startsWith("connection.") ? "connection" : "other";
}

const fits = (pattern: string, action: string) =>
  pattern.endsWith("%") ? action.startsWith(pattern.slice(0, -1)) : action === pattern;

function ofKind(kind: ActivityKind): SQL | undefined {
  const any = (patterns: string[]) => or(...patterns.map((pattern) => like(audit.action, pattern)));
  const none = (patterns: string[]) => not(any(patterns) ?? sql`false`);
  if (kind === "connection")
    return and(like(audit.action, "connection.%"), none([...kinds.refresh, ...kinds.connect, ...kinds.disconnect]));
  if (kind === "other") return none([...Object.values(kinds).flat(), "connection.%"]);
  return any(kinds[kind]);
}

function textOf(action: string, outcome: string, facts: Record<string, unknown>): string {
  const fact = (name: string) => (facts[name] === undefined || facts[name] === null ? "" : String(facts[name]));
  switch (action) {
    case "request.read":
    case "request.write":
      return `A policy forbade "${fact("operation")}"`;
    case "connection.refresh":
      return outcome === "ok" ? "Renewed the sign-in" : `Could not renew the sign-in: ${fact("code")}`;
    case "connection.scope_gap":
      return fact("scopes") === "" ? "A request lacked permissions" : `A request lacked ${fact("scopes")}`;
    case "approval.answer": {
      const said = { approved: "Said yes to", denied: "Said no to", expired: "Nobody answered" }[fact("status")];
      return `${said ?? "Answered"} "${fact("operation")}"`;
    }
    case "policy.add":
    case "policy.remove":
      return `${action === "policy.add" ? "Added" : "Removed"} a policy: "${fact("operation")}" ${decisions[fact("decision")] ?? fact("decision")} ${levels[fact("level")] ?? ""}`.trimEnd();
    case "policy.decide": {
      return `"${fact("operation")}" ${decisions[fact("decision")] ?? "goes by the usual rules again"}`;
    }
    case "connection.go_back":
      return `Went back to credential version ${fact("version")}`;
    default:
      return sentences[action] ?? action.replaceAll(/[._]/g, " ");
  }
}

const decisions: Record<string, string> = { allow: "runs without asking", ask: "asks first", deny: "never runs" };
const levels: Record<string, string> = {
  tenant: "everywhere",
  integration: "at this service",
  connection: "with this account",
  workflow: "in this workflow",
};

const sentences: Record<string, string> = {
  "connection.connect": "Connected",
  "connection.sign_in_again": "Signed in again",
  "connection.sign_in_ended": "The sign-in ended",
  "connection.disconnect": "Disconnected",
  "connection.pause": "Paused",
  "connection.resume": "Resumed",
  "connection.rename": "Renamed",
  "connection.default": "Made the default account",
  "connection.proven": "A live read worked",
  "connection.refused": "A live read was refused",
  "connection.unreachable": "A live read got no answer: the service could not be reached or is in trouble",
  "oauth_client.save": "Entered an OAuth client",
  "oauth_client.remove": "Removed an OAuth client",
  "oauth_client.register": "Registered an OAuth client by itself",
  "integration.save": "Saved a version",
  "integration.publish": "Published a version",
  "api_key.make": "Made an API key",
  "api_key.revoke": "Revoked an API key",
  "session.make": "Signed a browser in",
  "link.make": "Made a sign-in link",
  "model_key.set": "Entered a model key",
  "model_key.remove": "Removed the model key",
};
