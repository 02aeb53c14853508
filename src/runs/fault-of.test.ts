import { expect, it } from "vitest";
import type { RawRequest } from "../contract/request-line.ts";
import type { ToolOperation } from "../contract/tool.ts";
import { faultOf } from "./fault-of.ts";

const list: ToolOperation = {
  access: "read",
  requests: ["GET /cards"],
  input: { state: { in: "query" }, dueAt: { in: "query", name: "due_at" } },
  pages: { by: "cursor", parameter: "cursor", next: "next", items: "items" },
};

function answered(status: number, body: unknown, o: { query?: string; bytes?: number } = {}): RawRequest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    service: "Kanban",
    account: "Ann",
    operation: "cards list",
    access: "read",
    method: "GET",
    host: "kanban.example.com",
    path: "/cards",
    query: o.query ?? "",
    contentType: null,
    body: null,
    status,
    ms: 1,
    answer: { contentType: "application/json", text, bytes: o.bytes ?? text.length },
  };
}
const known = [{ id: "string", name: "string" }] as [{ id: string; name: string }];

it("is told by a 404, and by a 400 that names a field", () => {
  expect(faultOf(answered(404, ""), list, undefined)).toEqual({ kind: "not_found", detail: "" });
  expect(faultOf(answered(422, { error: "due_at is unknown" }), list, undefined)).toEqual({
    kind: "field_refused",
    detail: "due_at",
  });
  expect(faultOf(answered(400, "try again"), list, undefined)).toBeUndefined();
  expect(faultOf(answered(401, { error: "state" }), list, undefined)).toBeUndefined();
  expect(faultOf(answered(500, { error: "state" }), list, undefined)).toBeUndefined();
});

it("is not told by a 404 for a thing that was named wrong, but by one that says it is the address", () => {
  const get: ToolOperation = { access: "read", requests: ["GET /cards/{id}"], input: {} };
  expect(faultOf(answered(404, { error: "card not found" }), get, undefined)).toBeUndefined();
  expect(faultOf(answered(404, ""), get, undefined)).toBeUndefined();
  expect(faultOf(answered(404, ""), list, undefined)).toMatchObject({ kind: "not_found" });
  expect(faultOf(answered(404, "", { query: "state=7" }), list, undefined)).toBeUndefined();
  expect(faultOf({ ...answered(404, ""), body: "{}" }, list, undefined)).toBeUndefined();
  for (const said of ["Cannot GET /v1/cards/7", { error: "No such route." }, { message: "Unknown endpoint /cards" }])
    expect(faultOf(answered(404, said), get, undefined)).toMatchObject({ kind: "not_found" });
});

it("keeps nothing of what a service says beside names the tool has itself", () => {
  const said = { error: "the field sk_live_canary of Ann Miller is required" };
  expect(faultOf(answered(400, said), list, undefined)).toEqual({ kind: "field_refused", detail: "" });
});

it("is told by another form of the answer, also of a long one that was cut", () => {
  const now = { items: [{ id: "1", title: "a" }], next: null };
  const gone = { kind: "shape_changed", detail: "[].name is gone" };
  expect(faultOf(answered(200, now), list, known)).toEqual(gone);
  expect(faultOf(answered(200, { items: [{ id: "1", name: "a", more: 1 }] }), list, known)).toBeUndefined();
  const cut = '{"items":[{"id":"1","title":"a"},{"id":"2","title":"b"},{"id":"3","ti';
  expect(faultOf(answered(200, cut, { bytes: 9_000 }), list, known)).toEqual(gone);
  expect(faultOf(answered(200, "<html>", { bytes: 9_000 }), list, known)).toBeUndefined();
});

it("does not take a filtered answer for a changed one", () => {
  const now = { items: [{ id: "1" }] };
  expect(faultOf(answered(200, now, { query: "fields=id" }), list, known)).toBeUndefined();
  expect(faultOf(answered(200, now, { query: "cursor=abc" }), list, known)).toMatchObject({ kind: "shape_changed" });
});
