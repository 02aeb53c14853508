import { type Arguments, type Options, findSlot, flagOf, readArguments } from "./arguments.ts";
import type { AnyOperation } from "./definition.ts";
import { usage } from "./failure.ts";
import type { Host } from "./host.ts";
import { type Slot, isFile, mediaTypes, requestOf, slots, takesBody } from "./inputs.ts";
import { parseJson } from "./json.ts";
import type { Parts } from "./request.ts";
import { isObject } from "./serialize.ts";
import { uploadFrom, withUploads } from "./upload.ts";

/** Turns the words and flags after an operation's name into the parts of its request. */
export async function partsFromFlags(
  operation: AnyOperation,
  argv: string[],
  host: Host,
): Promise<{ parts: Parts; values: Record<string, unknown>; options: Options }> {
  const given = readArguments(operation, argv);
  const all = slots(operation);
  const rest = await mergeInput(given, all, operation, host);
  const parts: Parts = { path: {}, query: {}, header: {}, cookie: {}, contentType: given.options.contentType };
  if (given.options.body !== undefined)
    parts.body = await bodyFrom(given.options.body, parts.contentType ?? mediaTypes(operation)[0], host);
  else if (await waitsForBody(operation, given, all, rest)) {
    const piped = new TextDecoder().decode(await host.stdin());
    if (piped.trim() !== "") parts.body = parsedBody(piped, parts.contentType ?? mediaTypes(operation)[0]);
  }
  if (rest !== undefined) parts.body = isObject(parts.body) && isObject(rest) ? { ...parts.body, ...rest } : rest;

  for (const { slot, path, value } of given.inside) {
    given.values.set(slot.key, setDeep(given.values.get(slot.key) ?? {}, path, value));
  }
  const values: Record<string, unknown> = {};
  for (const slot of all) {
    const typed = given.values.get(slot.key) ?? usual(slot, parts.body);
    if (typed === undefined) continue;
    const value = isFile(slot) ? await filesOf(typed, host) : await withUploads(host, typed);
    values[slot.key] = value;
    if (slot.in === "body") parts.body = setDeep(parts.body, slot.at ?? [slot.name], value);
    else if (slot.in === "querystring") parts.querystring = value;
    else parts[slot.in][slot.name] = value;
  }
  const missing = all.filter(
    (slot) =>
      slot.required &&
      values[slot.key] === undefined &&
      !(slot.in === "body" && parts.body !== undefined && deep(parts.body, slot.at ?? [slot.name]) !== undefined),
  );
  if (missing.length > 0) throw usage(`Needed: ${missing.map(flagOf).join(", ")}.`);
  if (parts.body === undefined && operation.body?.required) {
    if (!/json/.test(mediaTypes(operation)[0] ?? ""))
      throw usage("This operation needs a body.", "Give --body, or --file for a file.");
    parts.body = {};
  }
  return { parts, values, options: given.options };
}

/** What is needed and was not given, where the tool knows what is usual. */
function usual(slot: Slot, body: unknown): unknown {
  if (!slot.required || slot.default === undefined || isFile(slot)) return undefined;
  const isThere = slot.in === "body" && body !== undefined && deep(body, slot.at ?? [slot.name]) !== undefined;
  return isThere ? undefined : slot.default;
}

/** The parts of a request given exactly: `call … --input '{"path":{},"query":{},"header":{},"cookie":{},"body":…}'`. */
export async function partsFromCall(argv: string[], host: Host): Promise<{ parts: Parts; options: Options }> {
  const { options } = readArguments({ access: "read", request: "GET /" }, argv);
  const given: unknown = options.input === undefined ? {} : await jsonFrom(options.input, host);
  if (!isObject(given)) throw usage("--input takes a JSON object with path, query, header, cookie, body, contentType.");
  const known = new Set(["path", "query", "header", "cookie", "body", "contentType", "querystring"]);
  const strange = Object.keys(given).find((key) => !known.has(key));
  if (strange !== undefined)
    throw usage(
      `--input has no "${strange}".`,
      "It takes path, query, header, cookie, querystring, body, contentType.",
    );
  const record = (key: string) => {
    const one = given[key] ?? {};
    if (!isObject(one)) throw usage(`"${key}" in --input must be an object.`);
    return one;
  };
  const contentType = typeof given.contentType === "string" ? given.contentType : options.contentType;
  const parts: Parts = {
    path: record("path"),
    query: record("query"),
    header: record("header"),
    cookie: record("cookie"),
    querystring: given.querystring,
    contentType,
  };
  if ("body" in given) parts.body = await withUploads(host, given.body);
  else if (options.body !== undefined) parts.body = await bodyFrom(options.body, contentType, host);
  return { parts, options };
}

/** `--input`: values by input name; what is no input goes into the body, which is returned. */
async function mergeInput(given: Arguments, all: Slot[], operation: AnyOperation, host: Host): Promise<unknown> {
  if (given.options.input === undefined) return undefined;
  const input = await jsonFrom(given.options.input, host);
  if (!isObject(input)) {
    if (!takesBody(operation)) throw usage("--input takes a JSON object with the inputs by name.");
    return input;
  }
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    const slot = findSlot(all, name);
    if (slot && !given.values.has(slot.key)) given.values.set(slot.key, value);
    else if (!slot && takesBody(operation)) rest[name] = value;
    else if (!slot) throw usage(`There is no input "${name}".`, `It takes: ${all.map((one) => one.key).join(", ")}.`);
  }
  return Object.keys(rest).length > 0 ? rest : undefined;
}

async function waitsForBody(operation: AnyOperation, given: Arguments, all: Slot[], rest: unknown): Promise<boolean> {
  if (rest !== undefined || !takesBody(operation) || given.options.input !== undefined) return false;
  const inBody = all.filter((slot) => slot.in === "body");
  if (inBody.some((slot) => given.values.has(slot.key)) || given.inside.length > 0) return false;
  // Reading a pipe that nobody closes would wait for ever: only when nothing else can fill the body.
  return (
    operation.body?.required === true ||
    inBody.some((slot) => slot.required && slot.default === undefined) ||
    requestOf(operation).method === "PATCH"
  );
}

async function filesOf(typed: unknown, host: Host): Promise<unknown> {
  if (Array.isArray(typed)) return Promise.all(typed.map((one) => filesOf(one, host)));
  return typeof typed === "string" ? uploadFrom(host, typed) : withUploads(host, typed);
}

/** `-` is stdin, `@path` a file, else the text itself. */
async function textFrom(given: string, host: Host): Promise<string> {
  if (given === "-") return new TextDecoder().decode(await host.stdin());
  if (given.startsWith("@")) return new TextDecoder().decode(await host.readFile(given.slice(1)));
  return given;
}

async function jsonFrom(given: string, host: Host): Promise<unknown> {
  const text = await textFrom(given, host);
  try {
    return parseJson(text);
  } catch {
    throw usage("--input is not readable JSON.", "Give JSON, @file, or - for stdin.");
  }
}

async function bodyFrom(given: string, mediaType: string | undefined, host: Host): Promise<unknown> {
  const isData = /json|urlencoded|multipart|xml|text/.test(mediaType ?? "json");
  if (!isData && (given === "-" || given.startsWith("@"))) return uploadFrom(host, given.replace(/^@/, ""));
  return parsedBody(await textFrom(given, host), mediaType);
}

function parsedBody(text: string, mediaType = "application/json"): unknown {
  if (!/json|urlencoded|multipart/.test(mediaType)) return text;
  try {
    return parseJson(text);
  } catch {
    if (/(?:^|[/+])json$/.test(mediaType.split(";")[0] ?? "")) throw usage("The body is not readable JSON.");
    return text;
  }
}

function setDeep(target: unknown, way: string[], value: unknown): unknown {
  const [name, ...deeper] = way;
  if (name === undefined) return isObject(target) && isObject(value) ? { ...target, ...value } : value;
  const base = isObject(target) ? target : {};
  return { ...base, [name]: setDeep(base[name], deeper, value) };
}

function deep(target: unknown, way: string[]): unknown {
  return way.reduce<unknown>((one, name) => (isObject(one) ? one[name] : undefined), target);
}
