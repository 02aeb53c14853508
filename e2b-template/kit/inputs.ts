import type { Input, Operation, OperationDescription, Place } from "./definition.ts";

/** An input with everything said that its table entry leaves to be derived. */
export type Slot = Input & { key: string; in: Place; name: string; type: NonNullable<Input["type"]> };

/** `GET /boards/{id}` in two; the method in upper case. */
export function splitRequest(request: string): { method: string; path: string } {
  const gap = request.indexOf(" ");
  return { method: request.slice(0, gap).toUpperCase(), path: request.slice(gap + 1).trim() };
}

/** The request of an operation without code, else its first. */
export function requestOf(operation: Operation | OperationDescription): {
  method: string;
  path: string;
  server?: string;
} {
  const request = ("request" in operation ? operation.request : undefined) ?? operation.requests?.[0] ?? "GET /";
  const { method, path } = splitRequest(request);
  const origin = operation.server ?? /^https?:\/\/[^/]+/.exec(path)?.[0];
  return { method, path: origin && path.startsWith(origin) ? path.slice(origin.length) : path, server: origin };
}

/** All inputs of an operation: path parameters in the order of the path, then required ones, then the others. */
export function slots(operation: Operation | OperationDescription): Slot[] {
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
  const coded = operation.requests !== undefined && ("run" in operation || "coded" in operation);
  const ordered = inPath.map(
    (name): Slot => byPath.get(name) ?? { key: name, name, in: "path", type: "string", required: true },
  );
  const inOrder = coded ? byPath.values() : new Map(ordered.map((slot) => [slot.name, slot])).values();
  return [...inOrder, ...rest.filter((slot) => slot.required), ...rest.filter((slot) => !slot.required)];
}

export function takesBody(operation: Operation | OperationDescription): boolean {
  return operation.body !== undefined || slots(operation).some((slot) => slot.in === "body");
}

/** Media types of the body; the first is the usual one. */
export function mediaTypes(operation: Operation | OperationDescription): string[] {
  const types = operation.body?.types;
  if (types?.length) return types;
  return slots(operation).some((slot) => slot.in === "body" && isFile(slot))
    ? ["multipart/form-data"]
    : ["application/json"];
}

export function isFile(slot: Input): boolean {
  return slot.type === "file" || (slot.type === "array" && slot.items === "file");
}
