import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Files } from "./checks/fault.ts";
import type { Known } from "./checks/hosts.ts";
import { type Concern, concernsOf, countsAsRead, readsByMethod } from "./page/concerns.ts";
import { Config } from "./page/config.ts";
import { type Differences, differencesOf, inShort, isOnlyMore, lineDiff } from "./page/differences.ts";
import { code, count, escaped, folded, names } from "./page/markdown.ts";
import { type Operation, operationsOf } from "./page/operations.ts";
import { addresses, ownerSentence, type Where, whereOf } from "./page/where.ts";
import { readFiles, readRules } from "./validate.ts";

/**
 * An integration as a reviewer wants to see it: a verdict, what is unusual about this change, where it reaches, how it signs in,
 * what differs from `before`, and every operation. Made of the files alone, so CI writes the same under every pull request.
 *
 * @param origin  Who wrote it, of what: a server that offers knows, the files do not.
 */
export async function review(files: Files, before: Files | undefined, known: Known, origin?: string): Promise<string> {
  const [config, old] = [files, before].map((some) => some && Config.parse(JSON.parse(some["config.json"])));
  if (!config) throw new Error("there is no config.json");
  const operations = await operationsOf(files["cli.ts"]);
  const differences = before && (await differencesOf(files, before));
  const where = whereOf(config, known);
  const whereBefore = old && whereOf(old, known);
  const instructions = before && { now: files["instructions.md"], was: before["instructions.md"] };
  const concerns = concernsOf({ config, old, operations, where, whereBefore, differences, instructions });
  const touched = differences ? [...differences.added, ...differences.changed.map(({ now }) => now)] : operations;
  return [
    verdict(concerns, operations, differences, where),
    "",
    "### Look at first",
    ...(concerns.length > 0 ? concerns.map(({ text }) => `- ${text}`) : [nothingUnusual(operations, config)]),
    "",
    ...facts(config, operations, where, origin),
    "",
    ...(differences && before ? differenceLines(differences, config, old, files, before) : []),
    ...operationLines(operations, config, differences, new Set(touched.map(({ name }) => name))),
    ...(before ? [] : folded("<code>instructions.md</code>, which the agent reads", files["instructions.md"], "md")),
  ].join("\n");
}

/** The hash of the three files, as `registry.json` names it. */
export function contentHash(files: Files): string {
  const lines = Object.entries(files).map(([file, text]) => `${file} ${sha256(text)}\n`);
  return sha256(lines.join(""));
}

export function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

// Longer tables are folded, and the longest end before a pull request's text would.
const mostShown = 60;
const mostRows = 250;

function verdict(
  concerns: Concern[],
  operations: Operation[],
  differences: Differences | undefined,
  where: Where,
): string {
  const [worst, ...more] = concerns.filter(({ decide }) => decide);
  if (worst) return `**Decide: ${worst.short}${more.length > 0 ? ` (and ${more.length} more to decide below)` : ""}.**`;
  const what = differences
    ? `${inShort(differences)}${isOnlyMore(differences) ? "; nothing that is there changes" : ""}`
    : `a new integration with ${count(operations.length, "operation")}, at ${where.api.map(code).join(", ")} as \`known-hosts.json\` lists`;
  return `**Routine: ${what}.**`;
}

function nothingUnusual(operations: Operation[], config: Config): string {
  const others = operations.filter((one) => countsAsRead(one, config) && !readsByMethod(one));
  const but = others.length > 0 ? ` but ${names(others)}, which stood here before` : "";
  return `Every read is a GET (or GraphQL query)${but}, and none has a word or an input of a change in it. A GET can act all the same: whether these do is for you to know. Nothing unusual in hosts, rights or code.`;
}

function facts(config: Config, operations: Operation[], where: Where, origin: string | undefined): string[] {
  const reads = operations.filter((one) => countsAsRead(one, config)).length;
  const isGraphQl = operations.some(({ graphql }) => graphql);
  return [
    "| | |",
    "| --- | --- |",
    `| Integration | ${escaped(config.name)} (${code(config.slug)}) |`,
    `| Base address | ${code(config.baseUrl)} |`,
    `| Hosts it calls | ${config.hosts.map(code).join(", ")} |`,
    `| Sign-in | ${config.auth.map(signIn).join("<br>")} |`,
    `| Documentation | ${config.docsUrl ? linked(config.docsUrl) : "**not named**"} |`,
    `| One owner? | ${ownerSentence(config, where)} |`,
    `| Operations | ${operations.length}: ${reads} read, ${operations.length - reads} write |`,
    ...(isGraphQl
      ? [
          "| GraphQL | A query is a read, a mutation a write. Operation and field are fixed in `cli.ts`; callers give values, and may name the fields they want of the answer (`--select`). |",
        ]
      : []),
    ...(origin === undefined ? [] : [`| Origin | ${origin} |`]),
  ];
}

function differenceLines(
  differences: Differences,
  config: Config,
  old: Config | undefined,
  files: Files,
  before: Files,
): string[] {
  const { added, gone, changed, unchanged } = differences;
  const said = (one: Operation, by: Config) =>
    `${access(one, by)} ${one.requests.map(code).join("<br>")} ${escaped(one.summary)}`;
  const rows = [
    ...changed.map(
      ({ now, was, fields }) =>
        `| ${code(now.name)} **changed** | ${said(was, old ?? config)} | ${said(now, config)} | ${fields.map(code).join(", ")} |`,
    ),
    ...gone.map((was) => `| ${code(was.name)} **gone** | ${said(was, old ?? config)} | – | |`),
    ...added.map((one) => `| ${code(one.name)} **new** | – | ${said(one, config)} | takes ${takes(one)} |`),
  ];
  const isConfigChanged =
    differences.config.length > 0 || changed.some(({ fields }) => fields.includes("confirmedReads"));
  const others = [
    ...differences.config.map((field) => `${code(field)} in \`config.json\``),
    ...differences.table.map((field) => `${code(field)} in \`cli.ts\``),
    ...(differences.instructions ? ["`instructions.md`"] : []),
  ];
  return [
    "### What differs from the version here",
    ...(rows.length > 0
      ? ["| Operation | Before | After | Fields that differ |", "| --- | --- | --- | --- |", ...cut(rows), ""]
      : []),
    isOnlyMore(differences)
      ? `Nothing that is there changes: ${count(unchanged, "operation")}, sign-in, hosts and texts are as they were.`
      : `${count(unchanged, "operation")} ${unchanged === 1 ? "is" : "are"} as ${unchanged === 1 ? "it was" : "they were"}. ${others.length > 0 ? `Also different: ${others.join(", ")}.` : "Sign-in, hosts and texts are as they were."}`,
    "",
    ...(isConfigChanged
      ? folded("<code>config.json</code>, old and new", lineDiff(laidOut(before), laidOut(files)), "diff")
      : []),
    ...(differences.instructions
      ? folded(
          "<code>instructions.md</code>, old and new",
          lineDiff(before["instructions.md"], files["instructions.md"]),
          "diff",
        )
      : []),
  ];
}

function laidOut(files: Files): string {
  return JSON.stringify(JSON.parse(files["config.json"]), null, 2);
}

function operationLines(
  operations: Operation[],
  config: Config,
  differences: Differences | undefined,
  touched: Set<string>,
): string[] {
  const isFolded = differences !== undefined || operations.length > mostShown;
  const isPlaced = operations.some(({ id, graphql }) => id !== undefined || graphql);
  const rows = operations.map((one) => {
    const isNew = differences?.added.some(({ name }) => name === one.name);
    const mark = differences && touched.has(one.name) ? (isNew ? " **new**" : " **changed**") : "";
    const where = one.graphql ? `field ${code(one.graphql.field)} in schema` : one.id ? code(one.id) : "–";
    return `| ${code(one.name)}${mark} | ${access(one, config)} | ${one.requests.map(code).join("<br>")} | ${takes(one)} | ${escaped(one.summary)} |${isPlaced ? ` ${where} |` : ""}`;
  });
  return [
    ...(isFolded
      ? [`<details><summary>All ${count(operations.length, "operation")}</summary>`, ""]
      : ["### Operations"]),
    `| Operation | | Request | Takes | What it does |${isPlaced ? " In the documentation |" : ""}`,
    `| --- | --- | --- | --- | --- |${isPlaced ? " --- |" : ""}`,
    ...cut(rows),
    "",
    ...(isFolded ? ["</details>", ""] : []),
  ];
}

function cut(rows: string[]): string[] {
  const more = rows.length - mostRows;
  return more > 0 ? [...rows.slice(0, mostRows), `| … and ${more} more, in \`cli.ts\` |`] : rows;
}

/** What its caller gives, beside the blanks of its path. */
function takes({ fields, requests }: Operation): string {
  const given = Object.keys(JSON.parse(fields["input"] ?? "{}") as object);
  const own = given.filter((name) => !requests.some((request) => request.includes(`{${name}}`)));
  const shown = own.slice(0, 12).map(code).join(", ");
  return own.length === 0 ? "nothing" : own.length > 12 ? `${shown} and ${own.length - 12} more` : shown;
}

function access(one: Operation, config: Config): string {
  if (one.access === "read") return "read";
  return countsAsRead(one, config) ? "**read by `confirmedReads`**" : "**write**";
}

type Method = Config["auth"][number];

function signIn(method: Method): string {
  const sentTo = addresses(method).map(([key, url]) => `${places[key] ?? escaped(key)} ${code(url)}`);
  const at = sentTo.length > 0 ? `; ${[...new Set(sentTo)].join(", ")}` : "";
  return `${howTo(method)}${at}`;
}

const places: Record<string, string> = {
  authorizationEndpoint: "sign-in page",
  tokenEndpoint: "token",
  refreshEndpoint: "refresh",
  revocationEndpoint: "revoke",
  url: "who is signed in",
  helpUrl: "key found at",
  createUrl: "app made at",
};

function howTo(method: Method): string {
  if (method.type === "oauth2") {
    const scopes = Array.isArray(method["scopes"]) ? method["scopes"].map((one) => code(String(one))).join(" ") : "";
    const found = typeof method["authorizationEndpoint"] === "string" ? "" : ", addresses found by discovery";
    return `OAuth 2${scopes ? `, asks for ${scopes}` : ""}${found}`;
  }
  if (method.type !== "api_key")
    return (
      { bearer_token: "a token as `Authorization: Bearer`", basic: "user and password", none: "none" }[method.type] ??
      escaped(method.type)
    );
  const fields = z
    .array(
      z.looseObject({
        label: z.string(),
        places: z.array(z.looseObject({ in: z.string(), name: z.string().optional() })),
      }),
    )
    .safeParse(method["fields"]);
  return `API key: ${(fields.data ?? []).map(({ label, places }) => `${escaped(label)} in ${places.map((place) => `${place.in.replaceAll("_", " ")} ${place.name ? code(place.name) : ""}`.trim()).join(" and ")}`).join("; ")}`;
}

/** An address to click where it holds nothing but an address; else as it is written. */
function linked(url: string): string {
  return /^https:\/\/[\w./-]+$/.test(url) ? `<${url}>` : code(url);
}

// `npm run review -- trello ../main`: the page for a reviewer, against the folder of another check-out when one is named.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const [slug = "", other] = process.argv.slice(2);
  const before = other && existsSync(join(other, "integrations", slug)) ? await readFiles(other, slug) : undefined;
  const files = await readFiles(root, slug);
  console.log(await review(files, before, await readRules(root)));
  console.log(`Content ${code(contentHash(files))}`);
}
