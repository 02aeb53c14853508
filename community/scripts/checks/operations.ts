import { codeFaults } from "./code.ts";
import type { Fault } from "./fault.ts";
import { hostOf } from "./hosts.ts";
import type { Entry } from "./read-table.ts";

type Config = {
  slug: string;
  baseUrl: string;
  hosts: string[];
  permissions: { readOps: string[]; writeOps: string[] };
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
      else if (method === "POST" && (typeof reason !== "string" || reason.length < 15))
        refuse(line, `"${name}" calls itself a read but sends POST: give the reason`);
      if (mutating.test(name) && (typeof reason !== "string" || reason.length < 15))
        refuse(entry.line, `"${name}" sounds like a write: give the reason it is a read`);
    }
    const run = field("run");
    if (run?.code) faults.push(...codeFaults(source, run.code, requests.map(String)));
    for (const [key, header] of field("headers")?.fields ?? [])
      if (reserved.test(key)) refuse(header.line, `"${key}" is not a tool's to set`);
    for (const [key, one] of field("input")?.fields ?? []) {
      const wire = (one.value as { in?: string; name?: string } | undefined) ?? {};
      if (wire.in === "header" && reserved.test(wire.name ?? key))
        refuse(one.line, `"${wire.name ?? key}" is not an operation's to set`);
    }
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

const topFields = new Set(["slug", "summary", "baseUrl", "variables", "auth", "security", "headers", "operations"]);
const operationFields = new Set([
  "id",
  "access",
  "request",
  "requests",
  "server",
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
const reserved =
  /^(?:host|cookie|authorization|proxy-.*|x-forwarded-.*|forwarded|connection|transfer-encoding|content-length)$/i;
