import type { Files } from "./checks/fault.ts";
import { type Entry, readTable } from "./checks/read-table.ts";
import { operationOf, pathParameters, type ToolDefinition } from "@patchbay/kit";
import { z } from "zod";

export type Extended = {
  files: Files;
  added: string[];
  /** Operations that did not come along, each with its reason. */
  left: string[];
};

const Config = z.looseObject({
  baseUrl: z.string(),
  hosts: z.array(z.string()),
  permissions: z.looseObject({ readOps: z.array(z.string()), writeOps: z.array(z.string()) }),
});

/**
 * Adds to an integration that is there the operations of another tool for the same service, as they are written. What is there
 * stays as it is: names, sign-in, instructions.
 *
 * @returns Undefined where one of both cannot be read as a table.
 */
export async function extend(there: Files, offered: Files): Promise<Extended | undefined> {
  const [{ table: own }, { table: other }] = [await readTable(there["cli.ts"]), await readTable(offered["cli.ts"])];
  const operations = own?.fields?.get("operations");
  const candidates = other?.fields?.get("operations")?.fields;
  if (!own || !other || !operations?.fields || !candidates) return undefined;
  const config = Config.parse(JSON.parse(there["config.json"]));
  const base = { there: config.baseUrl, offered: Config.parse(JSON.parse(offered["config.json"])).baseUrl };
  const known = new Set([...operations.fields.values()].map((one) => requestsOf(one, base.there)));
  const signs = new Set((own.fields?.get("auth")?.fields ?? new Map<string, Entry>()).keys());

  const [added, left, texts]: [string[], string[], string[]] = [[], [], []];
  for (const [name, entry] of candidates) {
    if (known.has(requestsOf(entry, base.offered))) continue;
    const security = (entry.fields?.get("security")?.value ?? []) as string[][];
    if (operations.fields.has(name)) left.push(`${name}: another operation has this name`);
    else if (security.flat().some((field) => !signs.has(field))) left.push(`${name}: signs in another way`);
    else {
      const written = writtenFor(own, other, name, entry, offered["cli.ts"]);
      const text = written === undefined ? undefined : moved(written, entry, base, config.hosts);
      if (written === undefined) left.push(`${name}: has code, which a table in text cannot hold`);
      else if (text === undefined) left.push(`${name}: is at another host`);
      else {
        texts.push(text);
        added.push(name);
      }
    }
  }
  if (added.length === 0) return { files: there, added, left };

  const last = [...operations.fields.values()].at(-1);
  const end = last?.end ?? operations.start;
  const source = there["cli.ts"];
  const after = source.slice(end).replace(/^\s*,/, "");
  const [indent, lines] = operations.isText ? ["", texts.map(inTemplate)] : ["    ", texts];
  const cli = `${source.slice(0, end)},\n${indent}${lines.join(`,\n${indent}`)},${after.startsWith("\n") ? "" : "\n  "}${after}`;
  const permissions = { ...config.permissions, ...(await permissionsOf(cli)) };
  const text = JSON.stringify({ ...JSON.parse(there["config.json"]), permissions }, null, 2);
  return { files: { ...there, "cli.ts": cli, "config.json": `${text}\n` }, added, left };
}

/**
 * An operation as the other file can hold it: as it is written where both are programs that say their inputs themselves, else
 * as JSON with all its inputs; undefined when its code has no place there.
 */
function writtenFor(own: Entry, other: Entry, name: string, entry: Entry, source: string): string | undefined {
  const isText = (table: Entry) => table.fields?.get("operations")?.isText === true;
  const shares = (table: Entry) => table.fields?.has("inputs") === true;
  if (entry.fields?.get("run")) return isText(own) || shares(other) ? undefined : source.slice(entry.start, entry.end);
  if (![own, other].some((table) => isText(table) || shares(table))) return source.slice(entry.start, entry.end);
  const definition = other.value as ToolDefinition;
  const operation = operationOf(definition, name);
  if (!operation) return undefined;
  // What this file says of a path parameter of the same name is not said of this one.
  const untold = pathParameters(operation).filter((one) => !Object.hasOwn(operation.input ?? {}, one));
  const input = { ...Object.fromEntries(shares(own) ? untold.map((one) => [one, {}]) : []), ...operation.input };
  return `${JSON.stringify(name)}: ${JSON.stringify(Object.keys(input).length > 0 ? { ...operation, input } : operation)}`;
}

function inTemplate(json: string): string {
  return json.replace(/[\\`]|\$\{/g, (sign) => `\\${sign}`);
}

async function permissionsOf(cli: string) {
  const operations = (await readTable(cli)).table?.fields?.get("operations")?.fields ?? new Map<string, Entry>();
  const named = (access: string) =>
    [...operations].flatMap(([name, one]) => (one.fields?.get("access")?.value === access ? [name] : []));
  return { readOps: named("read"), writeOps: named("write") };
}

/** What an operation sends, whatever its blanks are called and wherever its base ends. */
function requestsOf(entry: Entry, base: string): string {
  const one = entry.fields?.get("request")?.value;
  const all = [...(one === undefined ? [] : [one]), ...((entry.fields?.get("requests")?.value ?? []) as unknown[])];
  const graphql = JSON.stringify(entry.fields?.get("graphql")?.value ?? null);
  return `${all
    .map((request) => absolute(String(request), base).replace(/\{[^}]*\}/g, "{}"))
    .toSorted()
    .join("\n")} ${graphql}`;
}

function absolute(request: string, base: string): string {
  const [method = "", target = ""] = request.split(" ");
  return `${method} ${target.startsWith("/") ? base.replace(/\/+$/, "") + target : target}`;
}

/** The operation's text with its request written for the other base URL; undefined when it is at a host that is not declared. */
function moved(
  text: string,
  entry: Entry,
  base: { there: string; offered: string },
  hosts: string[],
): string | undefined {
  const own = base.there.replace(/\/+$/, "");
  if (own === base.offered.replace(/\/+$/, "")) return text;
  const request = entry.fields?.get("request")?.value;
  if (typeof request !== "string" || entry.fields?.has("server")) return undefined;
  const [method = "", target = ""] = absolute(request, base.offered).split(" ");
  const host = /^https:\/\/([^/]+)/.exec(target)?.[1] ?? "";
  if (!hosts.includes(host)) return undefined;
  const now = target.startsWith(`${own}/`) ? target.slice(own.length) : target;
  return text.replace(JSON.stringify(request), JSON.stringify(`${method} ${now}`));
}
