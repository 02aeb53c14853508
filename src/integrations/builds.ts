import { and, asc, desc, eq, exists, gt, inArray, lt, max, ne, notExists, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { z } from "zod";
import { BuildFacts } from "../contract/build.ts";
import { DocsReport } from "../contract/docs.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import type { Transaction } from "../database/database.ts";
import { build, conversation, docsSection } from "../database/tables.ts";

/** Where a tool in the making stands. */
export type Build = {
  id: string;
  url: string;
  status: BuildStatus;
  report: DocsReport;
  /** As shown to the person; they hold once the status says so. */
  facts?: BuildFacts;
  /** Operations written so far, as data, by name. */
  operations: Record<string, unknown>;
  integrationId?: string;
  spent: { inputTokens: number; cachedTokens: number; outputTokens: number };
  /** Input tokens, cached ones apart. */
  tokenLimit: number;
};

const BuildStatus = z.enum(["reading", "asked", "confirmed", "refused", "saved"]);
export type BuildStatus = z.infer<typeof BuildStatus>;

export type KeptSection = { number: number; url: string; title: string; heading: string; text: string };

export type Begun = {
  conversationId: string;
  url: string;
  report: DocsReport;
  sections: KeptSection[];
  /** A tool that is here already, to be mended within what a person said yes to when it was made. */
  mended?: { integrationId: string; facts: BuildFacts; operations: Record<string, unknown> };
};

/** Begins a build in a conversation with what was read. It takes the place of the one before it. */
export async function openBuild(tx: Transaction, scope: Scope, begun: Begun & { tokenLimit: number }): Promise<string> {
  const { sections, report, mended, ...row } = begun;
  const [made] = await tx
    .insert(build)
    .values({
      ...row,
      ...(mended ? { ...mended, status: "confirmed" } : {}),
      docs: report,
      tenantId: scope.tenantId,
      personId: scope.personId,
    })
    .returning({ id: build.id });
  if (!made) throw new Error("a build was not inserted");
  await addSections(tx, scope, made.id, sections);
  return made.id;
}

/** The newest build of a conversation of this person. */
export async function buildOf(tx: Transaction, scope: Scope, conversationId: string): Promise<Build | undefined> {
  const [row] = await tx
    .select()
    .from(build)
    .where(and(eq(build.conversationId, conversationId), eq(build.personId, scope.personId)))
    .orderBy(desc(build.createdAt))
    .limit(1);
  return row && readRow(row);
}

/** The build an integration was last saved by. */
export async function buildBehind(tx: Transaction, integrationId: string): Promise<Build | undefined> {
  const [row] = await tx
    .select()
    .from(build)
    .where(and(eq(build.integrationId, integrationId), eq(build.status, "saved")))
    .orderBy(desc(build.updatedAt))
    .limit(1);
  return row && readRow(row);
}

export async function sectionsOfBuild(tx: Transaction, buildId: string): Promise<KeptSection[]> {
  const { number, url, title, heading, text } = docsSection;
  return tx
    .select({ number, url, title, heading, text })
    .from(docsSection)
    .where(eq(docsSection.buildId, buildId))
    .orderBy(asc(docsSection.number));
}

/** Adds what was read later; gives the sections with the numbers they got. */
export async function addSections(
  tx: Transaction,
  { tenantId }: Scope,
  buildId: string,
  sections: KeptSection[],
): Promise<KeptSection[]> {
  if (sections.length === 0) return [];
  const [last] = await tx
    .select({ number: max(docsSection.number) })
    .from(docsSection)
    .where(eq(docsSection.buildId, buildId));
  const first = (last?.number ?? 0) + 1;
  const kept = sections.slice(0, mostSections).map((section, index) => ({ ...section, number: first + index }));
  for (let at = 0; at < kept.length; at += 200) {
    const rows = kept.slice(at, at + 200).map(({ number, url, title, heading, text }) => {
      const clean = (value: string) => value.replaceAll("\u0000", "").toWellFormed();
      return { tenantId, buildId, number, url, title: clean(title), heading: clean(heading), text: clean(text) };
    });
    await tx.insert(docsSection).values(rows);
  }
  return kept;
}

const mostSections = 2_000;

/**
 * Puts facts before the person; what was said about earlier ones no longer counts, and neither do operations written for
 * them, unless they are those of a tool that is mended.
 */
export async function askAbout(tx: Transaction, buildId: string, facts: BuildFacts): Promise<void> {
  const operations = sql`case when ${build.integrationId} is null then '{}'::jsonb else ${build.operations} end`;
  await tx
    .update(build)
    .set({ facts, status: "asked", operations, decidedBy: null, decidedAt: null, updatedAt: sql`now()` })
    .where(eq(build.id, buildId));
}

/**
 * Writes down what the person said. Only a question that is open and theirs can be answered, once.
 *
 * @throws Problem `not_found`; `input_invalid` when it was answered already or is not the newest.
 */
export async function decideBuild(
  tx: Transaction,
  scope: Scope,
  { conversationId, buildId, answer }: { conversationId: string; buildId: string; answer: "yes" | "no" },
): Promise<Build> {
  const found = await buildOf(tx, scope, conversationId);
  if (!found || found.id !== buildId) throw new Problem("not_found", { what: "open question about a build" });
  const rows = await tx
    .update(build)
    .set({
      status: answer === "yes" ? "confirmed" : "refused",
      decidedBy: scope.personId,
      decidedAt: sql`now()`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(build.id, buildId), eq(build.status, "asked")))
    .returning({ id: build.id });
  if (rows.length === 0) throw new Problem("input_invalid", { detail: "this was answered already." });
  const facts = { slug: found.facts?.slug ?? "", answer };
  await audit(tx, scope, { action: "build.decide", outcome: "ok", facts });
  return { ...found, status: answer === "yes" ? "confirmed" : "refused" };
}

export async function keepOperations(
  tx: Transaction,
  buildId: string,
  operations: Record<string, unknown>,
): Promise<void> {
  await tx
    .update(build)
    .set({ operations, updatedAt: sql`now()` })
    .where(eq(build.id, buildId));
}

/** The tool is saved; the build stays with it, to mend it from. */
export async function buildSaved(tx: Transaction, buildId: string, integrationId: string): Promise<void> {
  await tx
    .update(build)
    .set({ status: "saved", integrationId, updatedAt: sql`now()` })
    .where(eq(build.id, buildId));
}

/** Counts what a call of the model cost, while a build of the conversation is under way. */
export async function spend(
  tx: Transaction,
  conversationId: string,
  usage: { inputTokens: number; cachedTokens: number; outputTokens: number },
): Promise<void> {
  await tx
    .update(build)
    .set({
      inputTokens: sql`${build.inputTokens} + ${usage.inputTokens - usage.cachedTokens}`,
      cachedTokens: sql`${build.cachedTokens} + ${usage.cachedTokens}`,
      outputTokens: sql`${build.outputTokens} + ${usage.outputTokens}`,
    })
    .where(and(eq(build.conversationId, conversationId), inArray(build.status, [...underWay])));
}

/** The build of a conversation that has used up what it may cost. */
export async function overBudget(tx: Transaction, scope: Scope, conversationId: string): Promise<Build | undefined> {
  const found = await buildOf(tx, scope, conversationId);
  if (!found || !underWay.has(found.status)) return undefined;
  return found.spent.inputTokens >= found.tokenLimit ? found : undefined;
}

/** The person wants it to go on: as much again. */
export async function raiseBudget(tx: Transaction, buildId: string, by: number): Promise<void> {
  await tx
    .update(build)
    .set({ tokenLimit: sql`${build.inputTokens} + ${by}` })
    .where(eq(build.id, buildId));
}

/**
 * Forgets builds that nobody goes on with, and what was read for them: left half-made for `days`, or of a conversation that is
 * gone; of the saved ones, those behind the newest of their integration, which is what it is mended from. Gives how many.
 */
export async function forgetStaleBuilds(tx: Transaction, days = 30): Promise<number> {
  const newer = alias(build, "newer");
  const isOld = lt(build.updatedAt, sql`now() - make_interval(days => ${days})`);
  const isBehind = tx
    .select({ one: sql`1` })
    .from(newer)
    .where(
      and(
        eq(newer.integrationId, build.integrationId),
        eq(newer.status, "saved"),
        gt(newer.updatedAt, build.updatedAt),
      ),
    );
  const ofConversation = tx
    .select({ one: sql`1` })
    .from(conversation)
    .where(eq(conversation.id, build.conversationId));
  const gone = await tx
    .delete(build)
    .where(
      or(
        and(ne(build.status, "saved"), or(isOld, notExists(ofConversation))),
        and(eq(build.status, "saved"), isOld, exists(isBehind)),
      ),
    )
    .returning({ id: build.id });
  return gone.length;
}

const underWay = new Set<BuildStatus>(["reading", "asked", "confirmed", "refused"]);

function readRow(row: typeof build.$inferSelect): Build {
  const { id, url, inputTokens, cachedTokens, outputTokens, tokenLimit } = row;
  return {
    id,
    url,
    status: BuildStatus.parse(row.status),
    report: DocsReport.parse(row.docs),
    operations: z.record(z.string(), z.unknown()).parse(row.operations),
    spent: { inputTokens, cachedTokens, outputTokens },
    tokenLimit,
    ...(row.facts === null ? {} : { facts: BuildFacts.parse(row.facts) }),
    ...(row.integrationId === null ? {} : { integrationId: row.integrationId }),
  };
}
