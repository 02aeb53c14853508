import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Journal } from "./journal.ts";
import type { Kanban } from "./kanban.ts";
import { digest } from "./keys.ts";
import { masked } from "./log.ts";
import type { PracticeLog, PracticeLogEntry } from "./log.ts";
import type { Operation, Reply } from "./operation.ts";
import type { RateLimit } from "./rate-limit.ts";
import { Refusal } from "./refusal.ts";
import { allow } from "./sign-in.ts";
import type { SignIn } from "./sign-in.ts";

type Needs = { url: string; journal: Journal; kanban: Kanban; log: PracticeLog; signIn: SignIn; rateLimit: RateLimit };

const largestBody = 6 * 1024 * 1024;

/** Serves the operations below `/v1`: who asks, may they, is it well formed, then the work; every answer is logged. */
export function serveOperations(app: Hono<{ Bindings: HttpBindings }>, needs: Needs, operations: readonly Operation[]) {
  for (const operation of operations) {
    const path = `/v1${operation.path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
    app.on(operation.method.toUpperCase(), path, (c) => serve(c, needs, operation));
  }
  app.all("/v1/*", (c) => {
    const known = operations.some(({ path }) =>
      new RegExp(`^/v1${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(c.req.path),
    );
    const refusal = known
      ? new Refusal(405, "method_not_allowed", `${c.req.path} does not take ${c.req.method}.`)
      : new Refusal(404, "not_found", `There is nothing at ${c.req.path}.`);
    needs.log.add({
      part: "api",
      method: c.req.method,
      path: c.req.path,
      query: masked(new URL(c.req.url).searchParams, "api"),
      status: refusal.status,
    });
    return say(refusal);
  });
}

async function serve(c: Context<{ Bindings: HttpBindings }>, needs: Needs, operation: Operation): Promise<Response> {
  const asked = new URL(c.req.url);
  const entry: Omit<PracticeLogEntry, "number" | "at" | "status"> = {
    part: "api",
    method: c.req.method,
    path: asked.pathname,
    query: masked(asked.searchParams, "api"),
    operationId: operation.id,
  };
  let response: Response;
  try {
    const signedIn = await needs.signIn(c.req.raw.headers, asked.searchParams);
    Object.assign(entry, { account: signedIn.person.id, signIn: signedIn.way, clientId: signedIn.clientId });
    allow(signedIn, operation.access);
    needs.rateLimit.take(signedIn.person.id, c.req.param("board_id"));

    const bytes = await readBytes(c.req.raw);
    if (bytes.length > 0) entry.body = { sha256: digest(bytes), bytes: bytes.length };
    const body = await readBody(operation, bytes, c.req.header("content-type") ?? "");
    if (entry.body && operation.body?.type === "application/json") entry.body.json = body.raw;

    const call = {
      path: c.req.param(),
      query: readQuery(operation, asked.searchParams),
      body: body.parsed,
      person: signedIn.person,
      kanban: needs.kanban,
      request: c.req.raw,
      url: new URL(asked.pathname + asked.search, needs.url),
    };
    response = write(await needs.journal.together(() => operation.run(call)));
  } catch (error) {
    if (!(error instanceof Refusal)) {
      needs.log.add({ ...entry, status: 500 });
      throw error;
    }
    response = say(error);
  }
  needs.log.add({ ...entry, status: response.status });
  return response;
}

function readQuery(operation: Operation, sent: URLSearchParams): unknown {
  if (!operation.query) return {};
  const named = Object.entries(operation.query.shape).flatMap(([name, schema]) => {
    const values = sent.getAll(name);
    if (values.length === 0) return [];
    const many =
      schema instanceof z.ZodArray || (schema instanceof z.ZodOptional && schema.unwrap() instanceof z.ZodArray);
    return [[name, many ? values : values[0]]];
  });
  return checked(operation.query, Object.fromEntries(named));
}

async function readBytes(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk); // the rest is read, not kept: who is still sending would miss the answer
  }
  if (size > largestBody) throw new Refusal(413, "too_large", "A request may have 6 MB at most.");
  return new Uint8Array(Buffer.concat(chunks));
}

async function readBody(
  operation: Operation,
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
): Promise<{ raw?: unknown; parsed?: unknown }> {
  if (!operation.body) return {};
  const expected = operation.body.type;
  if (type.split(";")[0]?.trim().toLowerCase() !== expected)
    throw new Refusal(415, "wrong_content_type", `Send the body as ${expected}.`);
  const raw = expected === "application/json" ? readJson(bytes) : await readForm(bytes, type);
  return { raw, parsed: checked(operation.body.schema, raw) };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "invalid_json", "The body is not JSON.");
  }
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<unknown> {
  try {
    return Object.fromEntries(await new Response(bytes, { headers: { "content-type": type } }).formData());
  } catch {
    throw new Refusal(400, "invalid_form", "The body is not a multipart form.");
  }
}

function checked(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = result.error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
  throw new Refusal(422, "invalid_fields", "Some fields are missing or wrong: see details.", { details });
}

function write({ status, body, bytes, text, headers }: Reply): Response {
  if (body !== undefined) return Response.json(body, { status, headers });
  return new Response(bytes ?? text ?? null, { status, headers });
}

const say = (refusal: Refusal) => Response.json(refusal.body(), { status: refusal.status, headers: refusal.headers });
