import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Files } from "./checks/fault.ts";
import { readFiles } from "./checks/read-files.ts";
import { type Entry, readTable } from "./checks/read-table.ts";

const Config = z.looseObject({
  slug: z.string(),
  name: z.string(),
  description: z.string().default(""),
  docsUrl: z.string().optional(),
  baseUrl: z.string(),
  hosts: z.array(z.string()),
  auth: z.array(z.looseObject({ type: z.string() })),
  permissions: z.looseObject({ confirmedReads: z.record(z.string(), z.string()).default({}) }),
});

type Operation = {
  name: string;
  access: string;
  requests: string[];
  reason?: string;
  summary: string;
  coded: boolean;
  id?: string;
};

/**
 * An integration as a reviewer wants to see it: what to look at first, where it reaches, how it signs in, every operation, and
 * what differs from `before`. Made of the files alone, so CI writes the same under every pull request.
 */
export function review(files: Files, before: Files | undefined): string {
  const config = Config.parse(JSON.parse(files["config.json"]));
  const operations = confirmedOf(files);
  const old = before ? confirmedOf(before) : [];
  const differences = before ? differencesOf(files, before, operations, old) : [];
  const writes = operations.filter(({ access }) => access === "write").length;
  return [
    `### Look at first`,
    ...lookAtFirst(config, operations, before ? Config.parse(JSON.parse(before["config.json"])) : undefined, old).map(
      (one) => `- ${one}`,
    ),
    "",
    "| | |",
    "| --- | --- |",
    `| Reaches | ${config.hosts.map(code).join(", ")} |`,
    `| Sign-in | ${config.auth.map(signIn).join("<br>")} |`,
    `| Operations | ${operations.length}: ${operations.length - writes} read, ${writes} write |`,
    `| Documentation | ${config.docsUrl ? escaped(config.docsUrl) : "**not named**"} |`,
    `| Content | ${code(contentHash(files))} |`,
    "",
    ...(before
      ? [
          "### What differs from the version here",
          ...(differences.length > 0 ? differences.map((one) => `- ${one}`) : ["Nothing."]),
          "",
        ]
      : []),
    ...(operations.length > mostShown
      ? [`<details><summary>All ${operations.length} operations</summary>`, ""]
      : ["### Operations"]),
    "| Operation | | Request | What it does | In the documentation |",
    "| --- | --- | --- | --- | --- |",
    ...operations.map((one) => rowOf(one, old, before !== undefined)),
    ...(operations.length > mostShown ? ["", "</details>"] : []),
    "",
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

const mostShown = 60;

export function operationsOf(cli: string): Operation[] {
  const operations = readTable(cli).table?.fields?.get("operations")?.fields ?? new Map<string, Entry>();
  return [...operations].map(([name, entry]) => {
    const said = (key: string) => entry.fields?.get(key)?.value;
    const [reason, id, graphql] = [
      said("reason"),
      said("id"),
      said("graphql") as { type?: string; field?: string } | undefined,
    ];
    const requests = [
      ...(said("request") === undefined ? [] : [said("request")]),
      ...((said("requests") ?? []) as unknown[]),
    ];
    return {
      name,
      access: String(said("access")),
      requests: requests.map((one) => `${String(one)}${graphql ? ` ${graphql.type} ${graphql.field}` : ""}`),
      summary: String(said("summary") ?? ""),
      coded: entry.fields?.get("run")?.code !== undefined,
      ...(typeof reason === "string" ? { reason } : {}),
      ...(typeof id === "string" ? { id } : {}),
    };
  });
}

/** The operations as they run: what `confirmedReads` names runs as a read, for the reason given there. */
function confirmedOf(files: Files): Operation[] {
  const { confirmedReads } = Config.parse(JSON.parse(files["config.json"])).permissions;
  return operationsOf(files["cli.ts"]).map((one) => {
    const reason = Object.hasOwn(confirmedReads, one.name) ? confirmedReads[one.name] : undefined;
    return reason === undefined ? one : { ...one, access: "read", reason };
  });
}

function lookAtFirst(
  config: z.infer<typeof Config>,
  operations: Operation[],
  old: z.infer<typeof Config> | undefined,
  before: Operation[],
): string[] {
  const isRead = (one: Operation) => one.access === "read";
  const posts = operations.filter(
    (one) => isRead(one) && !one.requests.every((request) => /^(?:GET|HEAD) | query /.test(request)),
  );
  const coded = operations.filter(({ coded }) => coded);
  const sure = operations.filter(
    (one) =>
      !isRead(one) &&
      /^(?:delete|remove|purge|destroy|drop|empty|transfer|pay|refund)\b/.test(one.name.split(" ").at(-1) ?? ""),
  );
  const softer = operations.filter(
    (one) => isRead(one) && before.some((was) => was.name === one.name && was.access === "write"),
  );
  const gone = before.filter((was) => !operations.some(({ name }) => name === was.name));
  const newHosts = old ? config.hosts.filter((host) => !old.hosts.includes(host)) : [];
  return [
    `Is ${config.hosts.map(code).join(" and ")} the API of ${escaped(config.name)}? Its documentation should say so.`,
    ...(newHosts.length > 0 ? [`**New hosts**: ${newHosts.map(code).join(", ")}`] : []),
    ...(softer.length > 0 ? [`**Were writes, now call themselves reads**: ${names(softer)}`] : []),
    ...(gone.length > 0 ? [`**Taken away**: ${names(gone)}`] : []),
    ...(old && JSON.stringify(old.auth) !== JSON.stringify(config.auth) ? ["**The sign-in changed.**"] : []),
    ...posts.map(
      (one) =>
        `A read that is not a GET: ${code(one.name)}, ${code(one.requests.join(", "))}. Reason given: ${one.reason ? `“${escaped(one.reason)}”` : "**none**"}`,
    ),
    ...(coded.length > 0 ? [`Code of its own: ${names(coded)}`] : []),
    ...(sure.length > 0
      ? [
          `Deletes, removes or pays: ${names(sure)} (${sure.length === 1 ? "a write" : "all writes"}, so a person is asked each time)`,
        ]
      : []),
  ];
}

function differencesOf(files: Files, before: Files, operations: Operation[], old: Operation[]): string[] {
  const added = operations.filter(({ name }) => !old.some((was) => was.name === name));
  const gone = old.filter(({ name }) => !operations.some((one) => one.name === name));
  const changed = operations.flatMap((one) => {
    const was = old.find(({ name }) => name === one.name);
    if (!was) return [];
    const now = `${one.access} ${one.requests.join(", ")}`;
    const then = `${was.access} ${was.requests.join(", ")}`;
    return now === then ? [] : [`${code(one.name)}: ${code(then)} → ${code(now)}`];
  });
  const same = (file: keyof Files) => files[file] === before[file];
  return [
    ...(added.length > 0 ? [`${added.length} more: ${names(added)}`] : []),
    ...(gone.length > 0 ? [`${gone.length} gone: ${names(gone)}`] : []),
    ...changed,
    ...(same("instructions.md") ? [] : ["other instructions"]),
    ...(same("config.json") ? [] : ["other description (`config.json`)"]),
    ...(same("cli.ts") || added.length + gone.length + changed.length > 0
      ? []
      : ["inputs, words or order of operations"]),
  ];
}

function rowOf(one: Operation, old: Operation[], isUpdate: boolean): string {
  const mark = isUpdate && !old.some(({ name }) => name === one.name) ? " **new**" : "";
  const requests = one.requests.map(code).join("<br>");
  const access = one.access === "write" ? "**write**" : "read";
  return `| ${code(one.name)}${mark} | ${access} | ${requests} | ${escaped(one.summary)} | ${one.id ? code(one.id) : "by method and path"} |`;
}

type Method = z.infer<typeof Config>["auth"][number];

function signIn(method: Method): string {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  if (method.type === "oauth2") {
    const hosts = [text(method["authorizationEndpoint"]), text(method["tokenEndpoint"])].map((url) =>
      code(/^https:\/\/[^/]+/.exec(url)?.[0] ?? "found by discovery"),
    );
    const scopes = Array.isArray(method["scopes"]) ? method["scopes"].map((one) => code(String(one))).join(" ") : "";
    return `OAuth 2, authorize at ${hosts[0]}, token at ${hosts[1]}${scopes ? `, asks for ${scopes}` : ""}`;
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

const names = (some: { name: string }[]) => {
  const shown = some
    .slice(0, 12)
    .map(({ name }) => code(name))
    .join(", ");
  return some.length > 12 ? `${shown} and ${some.length - 12} more` : shown;
};

/** Others' words on a page of ours: no markup, no mention, no line of their own. */
export function escaped(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/[\\`*_{}[\]<>()#!|~@]/g, (one) => (one === "@" ? "&#64;" : `\\${one}`))
    .slice(0, 300);
}

function code(text: string): string {
  return `\`${text.replace(/[\r\n`|]/g, (one) => (one === "|" ? "\\|" : " ")).slice(0, 200)}\``;
}

// `npm run review -- trello ../main`: the page for a reviewer, against the folder of another check-out when one is named.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const [slug = "", other] = process.argv.slice(2);
  const before = other && existsSync(join(other, "integrations", slug)) ? await readFiles(other, slug) : undefined;
  console.log(review(await readFiles(root, slug), before));
}
