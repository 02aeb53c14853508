import { ORPCError } from "@orpc/server";
import { expect, it } from "vitest";
import { Problem } from "../../contract/problem.ts";
import { bugFacts } from "./log.ts";
import { bodyOf, outwardError } from "./problem-status.ts";

it("tells a problem with its code, its sentence and a fitting status", () => {
  const outward = outwardError(new Problem("not_found", { what: "approval" }), "7f3a", () => undefined);
  expect(outward.status).toBe(404);
  expect(bodyOf(outward)).toEqual({ ok: false, code: "not_found", message: "There is no such approval." });
});

it.each([
  new TypeError("canary-31 of undefined"),
  new Error("connect ECONNREFUSED postgres://u:canary-31@h"),
  "canary-31",
  new ORPCError("INTERNAL_SERVER_ERROR", { message: "canary-31" }),
])("shows of a bug only the request id: %s", (bug) => {
  const logged: unknown[] = [];
  const outward = outwardError(bug, "7f3a", (error) => logged.push(error));
  expect(bodyOf(outward)).toEqual({
    ok: false,
    code: "internal",
    message: "Something broke on our side (request 7f3a).",
  });
  expect(outward.status).toBe(500);
  expect(logged).toEqual([bug]);
});

it("logs of a bug its kind and its place, without its causes", () => {
  const facts = bugFacts(new Error("the token was refused", { cause: { body: "canary-31" } }));
  expect(facts).toMatchObject({ error: "Error: the token was refused" });
  expect(JSON.stringify(facts)).not.toContain("canary-31");
});
