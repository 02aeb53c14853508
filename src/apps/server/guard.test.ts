import { describe, expect, it } from "vitest";
import { openStreams, tryLimit } from "./guard.ts";

describe("the limit on tries", () => {
  it("makes one address wait after ten failures within a minute, and no other", () => {
    let now = 0;
    const tries = tryLimit(10, () => now);
    for (let count = 0; count < 10; count += 1) tries.failed("a");
    expect(() => tries.failed("a")).toThrow("Wait 60 seconds");
    expect(() => tries.failed("b")).not.toThrow();
    now = 60_001;
    expect(() => tries.failed("a")).not.toThrow();
  });

  it("does not grow without end when addresses are made up", () => {
    const tries = tryLimit(1, () => 0);
    for (let count = 0; count < 25_000; count += 1) tries.failed(`address ${count}`);
    tries.failed("last");
    expect(() => tries.failed("last")).toThrow("Too many tries");
  });
});

describe("the limit on open streams", () => {
  it("counts each person alone, and a stream that ended once only", () => {
    const streams = openStreams(2);
    const leave = streams.enter("ann");
    streams.enter("ann");
    expect(() => streams.enter("ann")).toThrow("2 pages or programs of yours are listening already");
    expect(() => streams.enter("eve")).not.toThrow();
    leave();
    leave();
    streams.enter("ann");
    expect(() => streams.enter("ann")).toThrow("listening already");
  });
});
