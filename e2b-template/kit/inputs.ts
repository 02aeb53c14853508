import type {
  AnyOperation,
  AnyTool,
  Input,
  Operation,
  OperationDescription,
  Place,
  ToolDefinition,
  WrittenOperation,
} from "./definition.ts";
import { usage } from "./failure.ts";

/** An input with everything said that its table entry leaves to be derived. */
export type Slot = Input & { key: string; in: Place; name: string; type: NonNullable<Input["type"]> };

/** `GET /boards/{id}` in two; the method in upper case. */
export function splitRequest(request: string): { method: string; path: string } {
  const gap = request.indexOf(" ");
  return { method: request.slice(0, gap).toUpperCase(), path: request.slice(gap + 1).trim() };
}

/** The request of an operation without code, else its first. */
export function requestOf(operation: WrittenOperation | OperationDescription): {
  method: string;
  path: string;
  server?: string;
} {
  const request = ("request" in operation ? operation.request : undefined) ?? operation.requests?.[0] ?? "GET /";
  const { method, path } = splitRequest(request);
  const origin = operation.server ?? /^https?:\/\/[^/]+/.exec(path)?.[0];
  return { method, path: origin && path.startsWith(origin) ? path.slice(origin.length) : path, server: origin };
}

/** The operation of this name with all its inputs; undefined when the tool has none such. */
export function operationOf(tool: AnyTool, name: string): AnyOperation | undefined {
  if (!Object.hasOwn(tool.operations, name)) return undefined;
  if ("hosts" in tool) return tool.operations[name];
  const operation = tool.operations[name];
  return operation && withInputs(tool, operation);
}

/** The operation with the inputs that its tool says for it. */
export function withInputs(tool: ToolDefinition, operation: WrittenOperation): Operation {
  const { input: _, ...rest } = operation;
  const input = inputsIn(tool, operation);
  return input.length > 0 ? { ...rest, input: Object.fromEntries(input) } : rest;
}

/** All that is said of an operation's inputs: in its own entry, and for many in that of its tool. */
export function inputsIn(
  tool: AnyTool,
  operation: WrittenOperation | OperationDescription,
): [name: string, input: Input][] {
  const inputs = "hosts" in tool ? undefined : tool.inputs;
  const shared = (name: string) => (inputs && Object.hasOwn(inputs, name) ? inputs[name] : undefined);
  const own = Object.entries(operation.input ?? {}).map(([name, said]): [string, Input] => {
    const whole = said === true ? shared(name) : said;
    if (!whole) throw usage(`The tool has no "${name}" among its inputs.`);
    return [name, whole];
  });
  if (!inputs) return own;
  // A path parameter may be told under another name, or to be nothing but text.
  const inPath = pathParameters(operation);
  const told = new Set(own.flatMap(([name, said]) => [name, (said.in ?? "path") === "path" ? said.name : undefined]));
  const untold = inPath.flatMap((name): [string, Input][] => {
    const whole = told.has(name) ? undefined : shared(name);
    return whole ? [[name, whole]] : [];
  });
  return [...untold, ...own.filter(([name, said]) => !inPath.includes(name) || Object.keys(said).length > 0)];
}

/** Code says all its inputs: none is read off its requests. */
export function pathParameters(operation: WrittenOperation | OperationDescription): string[] {
  return hasCode(operation)
    ? []
    : [...requestOf(operation).path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? "");
}

/** All inputs of an operation: path parameters in the order of the path, then required ones, then the others. */
export function slots(operation: AnyOperation): Slot[] {
  const { method, path } = requestOf(operation);
  const inPath = [...path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? "");
  const usual: Place = /^(?:POST|PUT|PATCH)$/.test(method) ? "body" : "query";
  const rest: Slot[] = [];
  const byPath = new Map<string, Slot>();
  for (const [key, input] of Object.entries(operation.input ?? {})) {
    const name = input.name ?? key;
    const place = input.in ?? (inPath.includes(name) ? "path" : usual);
    const slot: Slot = { ...input, key, name, in: place, type: input.type ?? "string" };
    if (place === "path") byPath.set(name, { ...slot, required: true });
    else rest.push(slot);
  }
  const coded = operation.requests !== undefined && hasCode(operation);
  const ordered = inPath.map(
    (name): Slot => byPath.get(name) ?? { key: name, name, in: "path", type: "string", required: true },
  );
  const inOrder = coded ? byPath.values() : new Map(ordered.map((slot) => [slot.name, slot])).values();
  return [...inOrder, ...rest.filter((slot) => slot.required), ...rest.filter((slot) => !slot.required)];
}

export function takesBody(operation: AnyOperation): boolean {
  return operation.body !== undefined || slots(operation).some((slot) => slot.in === "body");
}

/** Media types of the body; the first is the usual one. */
export function mediaTypes(operation: AnyOperation): string[] {
  const types = operation.body?.types;
  if (types?.length) return types;
  return slots(operation).some((slot) => slot.in === "body" && isFile(slot))
    ? ["multipart/form-data"]
    : ["application/json"];
}

export function isFile(slot: Input): boolean {
  return slot.type === "file" || (slot.type === "array" && slot.items === "file");
}

/** Run by code of the tool's own file. */
export function hasCode(operation: WrittenOperation | OperationDescription): boolean {
  return "coded" in operation || ("run" in operation && operation.run !== undefined);
}
