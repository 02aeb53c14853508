import { describe, expect, it } from "vitest";
import { tryLimit } from "./guard.ts";

describe("the limit on tries", () => {
  it("makes one address wait after ten failures within a minute, and no other", () => {
    let now = 0;
    const tries = tryLimit(10, () => now);
    for (let count = 0; count < 10; count += 1) {
      tries.check("a");
      tries.failed("a");
    }
    expect(() => tries.check("a")).toThrow("Wait 60 seconds");
    expect(() => tries.check("b")).not.toThrow();
    now = 60_001;
    expect(() => tries.check("a")).not.toThrow();
  });

  it("does not grow without end when addresses are made up", () => {
    const tries = tryLimit(1, () => 0);
    for (let count = 0; count < 25_000; count += 1) tries.failed(`address ${count}`);
    tries.failed("last");
    expect(() => tries.check("last")).toThrow("Too many tries");
  });
});
