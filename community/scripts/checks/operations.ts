import { codeFaults } from "./code.ts";
import { type Fault, lineAt } from "./fault.ts";
import { hostOf } from "./hosts.ts";
import type { Entry } from "./read-table.ts";

type Config = {
  slug: string;
  baseUrl: string;
  hosts: string[];
  permissions: { readOps: string[]; writeOps: string[]; confirmedReads?: Record<string, string> | undefined };
};

/** Judges each operation: told to be a read or a write and rightly so, at a declared host, named and explained in short. */
export function operationFaults(table: Entry, source: string, config: Config): Fault[] {
  const faults: Fault[] = [];
  const refuse = (line: number, text: string) => faults.push({ file: "cli.ts", line, text });
  for (const [name, entry] of table.fields ?? []) {
    if (!topFields.has(name)) refuse(entry.line, `a tool has no "${name}"`);
  }
  const said = (key: string) => table.fields?.get(key)?.value;
  if (said("slug") !== config.slug)
    refuse(table.fields?.get("slug")?.line ?? table.line, `slug must be "${config.slug}"`);
  if (said("baseUrl") !== config.baseUrl)
    refuse(table.fields?.get("baseUrl")?.line ?? table.line, `baseUrl must be ${config.baseUrl}, as in config.json`);

  const operations = table.fields?.get("operations")?.fields ?? new Map<string, Entry>();
  if (operations.size === 0) refuse(table.line, "there is no operation");
  const shared = table.fields?.get("inputs")?.fields ?? new Map<string, Entry>();
  const seen = { read: [] as string[], write: [] as string[] };
  for (const [name, entry] of operations) {
    const field = (key: string) => entry.fields?.get(key);
    const { access, summary, reason } = Object.fromEntries(
      [...(entry.fields ?? [])].map(([key, one]) => [key, one.value]),
    );
    for (const [key, one] of entry.fields ?? [])
      if (!operationFields.has(key)) refuse(one.line, `an operation has no "${key}"`);
    if (!/^[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*){0,2}$/.test(name))
      refuse(entry.line, `"${name}" must be one to three lower-case words`);
    if (typeof summary !== "string" || summary.length < 4 || summary.length > 160)
      refuse(entry.line, `"${name}" needs a summary of one line`);
    if (access === "read" || access === "write") seen[access].push(name);
    else refuse(field("access")?.line ?? entry.line, `"${name}" must say whether it is a read or a write`);

    const requests = [field("request")?.value, ...((field("requests")?.value as unknown[] | undefined) ?? [])].filter(
      (one) => one !== undefined,
    );
    if (requests.length === 0) refuse(entry.line, `"${name}" names no request`);
    for (const request of [
      ...requests,
      ...[field("server")?.value].filter((one) => one !== undefined).map((server) => `GET ${String(server)}`),
    ]) {
      const line = (field("server") ?? field("request") ?? field("requests") ?? entry).line;
      const [, method = "", target = ""] = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+)$/.exec(String(request)) ?? [];
      if (method === "") refuse(line, `"${String(request)}" is not "METHOD /path"`);
      else if (!/^\/(?![/\\])/.test(target)) {
        const host = hostOf(target);
        if (!host || !config.hosts.includes(host))
          refuse(line, `"${name}" would reach ${host ?? target}, which is not declared`);
      }
      if (/[\\@]\w|\.\.|%2e/i.test(target.replace(/@me\b/g, ""))) refuse(line, `"${target}" can be read in two ways`);
      const graphql = field("graphql")?.value as { type?: string } | undefined;
      if (access !== "read" || graphql?.type === "query") continue;
      if (graphql?.type === "mutation") refuse(line, `"${name}" calls itself a read but is a mutation`);
      else if (method === "DELETE" || method === "PUT" || method === "PATCH")
        refuse(line, `"${name}" calls itself a read but sends ${method}`);
      else if (method === "POST")
        refuse(
          line,
          `"${name}" calls itself a read but sends POST: it is a "write"; config.json may say under confirmedReads why it only reads`,
        );
      if (mutating.test(name) && (typeof reason !== "string" || reason.length < 15))
        refuse(entry.line, `"${name}" sounds like a write: give the reason it is a read`);
    }
    const run = field("run");
    if (run?.code) faults.push(...codeFaults(source, run.code, requests.map(String)));
    for (const [key, header] of field("headers")?.fields ?? [])
      if (reserved.test(key)) refuse(header.line, `"${key}" is not a tool's to set`);
    for (const [key, one] of field("input")?.fields ?? []) {
      if (one.value === true && !shared.has(key)) refuse(one.line, `the tool has no "${key}" among its inputs`);
      const wire = (one.value as { in?: string; name?: string } | undefined) ?? {};
      if (wire.in === "header" && reserved.test(wire.name ?? key))
        refuse(one.line, `"${wire.name ?? key}" is not an operation's to set`);
    }
  }
  for (const [key, one] of table.fields?.get("inputs")?.fields ?? []) {
    const wire = (one.value as { in?: string; name?: string } | undefined) ?? {};
    if (wire.in === "header" && reserved.test(wire.name ?? key))
      refuse(one.line, `"${wire.name ?? key}" is not an operation's to set`);
  }
  for (const [key, one] of table.fields?.get("headers")?.fields ?? [])
    if (reserved.test(key)) refuse(one.line, `"${key}" is not a tool's to set`);
  if (
    String(seen.read) !== String(config.permissions.readOps) ||
    String(seen.write) !== String(config.permissions.writeOps)
  ) {
    const differing = [
      ...seen.read.filter((one) => !config.permissions.readOps.includes(one)),
      ...seen.write.filter((one) => !config.permissions.writeOps.includes(one)),
    ];
    faults.push({
      file: "config.json",
      line: 1,
      text: `permissions must list the operations of cli.ts in their order${differing[0] ? `: see "${differing[0]}"` : ""}`,
    });
  }
  return faults;
}

/** Judges the yeses to reads: each for a write of the table that is sent by POST and sounds like no change, with its reason. */
export function confirmedFaults(table: Entry, source: string, { permissions }: Config): Fault[] {
  const operations = table.fields?.get("operations")?.fields ?? new Map<string, Entry>();
  const from = Math.max(source.indexOf('"confirmedReads"'), 0);
  return Object.entries(permissions.confirmedReads ?? {}).flatMap(([name, reason]) => {
    const at = Math.max(source.indexOf(JSON.stringify(name), from), from);
    const text = whyNoRead(name, operations.get(name), reason);
    return text === undefined ? [] : [{ file: "config.json", line: lineAt(source, at), text }];
  });
}

function whyNoRead(name: string, operation: Entry | undefined, reason: string): string | undefined {
  const said = (key: string) => operation?.fields?.get(key)?.value;
  const requests = [said("request"), ...((said("requests") as unknown[] | undefined) ?? [])].flatMap((one) =>
    one === undefined ? [] : [String(one)],
  );
  if (!operation) return `there is no operation "${name}" to confirm`;
  if (said("access") !== "write") return `"${name}" is a read already`;
  if ((said("graphql") as { type?: string } | undefined)?.type === "mutation")
    return `"${name}" is a mutation, which is never a read`;
  const other = requests.find((one) => !/^(?:GET|HEAD|POST) /.test(one));
  if (other) return `"${name}" sends ${other.split(" ")[0]}, which is never a read`;
  if (changing.test(name)) return `"${name}" sounds like a write and cannot be confirmed as a read`;
  const loud = requests.find((one) => changing.test(wordsOf(one)));
  if (loud) return `"${name}" sends ${loud}, which sounds like a write`;
  return reason.trim().split(/\s+/).length < 4 ? `say in a sentence why "${name}" only reads` : undefined;
}

/** `POST /files/delete_v2` -> `files delete v2`, `POST /batchDelete` -> `batch delete`. */
function wordsOf(request: string): string {
  return request
    .replace(/^\w+ /, "")
    .replace(/\{[^}]*\}/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[^A-Za-z0-9]+/g, " ")
    .toLowerCase();
}

const topFields = new Set([
  "slug",
  "summary",
  "baseUrl",
  "variables",
  "auth",
  "security",
  "headers",
  "inputs",
  "operations",
]);
const operationFields = new Set([
  "id",
  "access",
  "request",
  "requests",
  "server",
  "whole",
  "summary",
  "reason",
  "input",
  "body",
  "pages",
  "security",
  "scopes",
  "headers",
  "graphql",
  "deprecated",
  "run",
]);
const mutating =
  /\b(?:create|add|update|delete|remove|send|post|set|cancel|archive|move|merge|buy|pay|refund|invite|upload|write)\b(?!-)/;
/** Of what is sent by POST, what no reason makes a read. */
const changing =
  /\b(?:creat|add|updat|delet|remov|send|post|set|cancel|archiv|mov|merg|buy|pay|refund|invit|upload|writ|revok|copy|restor|publish|import|execut|transfer|grant|enabl|disabl|start|stop|reset|purg|destroy|drop|sav|insert|upsert|approv|submit)(?:e|es|s)?\b/;
const reserved =
  /^(?:host|cookie|authorization|proxy-.*|x-forwarded-.*|forwarded|connection|transfer-encoding|content-length)$/i;
