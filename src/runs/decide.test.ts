import { describe, expect, it } from "vitest";
import type { Policy } from "../contract/access.ts";
import { decide } from "./decide.ts";

const made = new Date("2026-01-01");
const policy = (decision: Policy["decision"], rest: Partial<Policy> = {}): Policy => ({
  id: "p",
  level: "tenant",
  operation: "*",
  decision,
  createdAt: made,
  ...rest,
});
const asked = (access: "read" | "write", ...operations: string[]) => ({
  operations: operations.length > 0 ? operations : ["cards create"],
  access,
  listed: true,
});
const facts = (...policies: Policy[]) => ({ integrationId: "i1", connectionId: "c1", policies });
const decision = (request: ReturnType<typeof asked>, ...policies: Policy[]) =>
  decide(request, facts(...policies)).decision;

describe("without policies", () => {
  it("a read runs and a write asks", () => {
    expect(decision(asked("read"))).toBe("allow");
    expect(decision(asked("write"))).toBe("ask");
  });

  it("what is in no list asks, and says why", () => {
    expect(decide({ ...asked("write"), listed: false }, facts())).toMatchObject({
      decision: "ask",
      reason: expect.stringContaining("in no list"),
    });
  });

  it("what is in no list asks in spite of whatever allows many, and is allowed by its own name only", () => {
    const request = { ...asked("write", "POST /admin/keys"), listed: false };
    for (const operation of ["*", "POST *", "*keys"]) {
      expect(decision(request, policy("allow", { operation }), policy("allow", { access: "write" }))).toBe("ask");
    }
    expect(decision(request, policy("allow", { operation: "POST /admin/keys" }))).toBe("allow");
    expect(decision(request, policy("deny"))).toBe("deny");
  });

  it("a request without any operation asks", () => {
    expect(decide({ operations: [], access: "read", listed: true }, facts()).decision).toBe("ask");
  });
});

describe("of several policies", () => {
  it("the most restrictive counts, whatever their levels and order", () => {
    const allow = policy("allow", { level: "connection", subject: "c1" });
    const ask = policy("ask", { level: "integration", subject: "i1" });
    const deny = policy("deny");
    expect(decision(asked("write"), allow)).toBe("allow");
    expect(decision(asked("write"), allow, ask)).toBe("ask");
    expect(decision(asked("write"), ask, deny, allow)).toBe("deny");
    expect(decision(asked("read"), ask)).toBe("ask");
    expect(decision(asked("read"), deny)).toBe("deny");
  });

  it("those of another connection, integration, workflow or access say nothing", () => {
    for (const other of [
      policy("allow", { level: "connection", subject: "c2" }),
      policy("allow", { level: "integration", subject: "i2" }),
      policy("allow", { level: "workflow", subject: "w1" }),
      policy("allow", { level: "connection" }),
      policy("allow", { access: "read" }),
    ]) {
      expect(decision(asked("write"), other)).toBe("ask");
    }
  });

  it("a request that may be two operations has to be allowed as both", () => {
    const both = asked("write", "cards create", "boards copy");
    expect(decision(both, policy("allow", { operation: "cards create" }))).toBe("ask");
    expect(decision(both, policy("allow", { operation: "cards *" }), policy("allow", { operation: "boards *" }))).toBe(
      "allow",
    );
    expect(decision(both, policy("allow"), policy("deny", { operation: "boards copy" }))).toBe("deny");
  });
});

describe("an operation pattern", () => {
  it.each([
    ["cards create", true],
    ["cards *", true],
    ["*", true],
    ["* create", true],
    ["c*d*e", true],
    ["*cards*create*", true],
    ["cards", false],
    ["cards create*x", false],
    ["*create cards*", false],
    ["cards create cards create", false],
    ["cards c*create", false],
    ["Cards *", false],
    ["cards ......", false],
  ])("%s fits 'cards create': %s", (operation, fits) => {
    expect(decision(asked("write"), policy("allow", { operation }))).toBe(fits ? "allow" : "ask");
  });
});

describe("an operation that came with the last update", () => {
  const since = new Date("2026-02-01");
  const fresh = new Map([["cards create", since]]);

  it("asks, a read too, and in spite of older policies that allow it", () => {
    expect(decide(asked("read"), { ...facts(policy("allow")), fresh })).toMatchObject({
      decision: "ask",
      reason: "This operation is new since the last update.",
    });
  });

  it("does not make an older operation ask that sends the same request", () => {
    expect(decide(asked("read", "cards list", "cards create"), { ...facts(), fresh }).decision).toBe("allow");
  });

  it("is allowed by a newer policy, and denied by any", () => {
    const later = policy("allow", { createdAt: new Date("2026-03-01") });
    expect(decide(asked("write"), { ...facts(later), fresh }).decision).toBe("allow");
    expect(decide(asked("write"), { ...facts(later, policy("deny")), fresh }).decision).toBe("deny");
  });
});
