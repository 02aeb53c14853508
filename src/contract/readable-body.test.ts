import { describe, expect, it } from "vitest";
import { readableBody } from "./readable-body.ts";

const json = (body: string) => readableBody(body, "application/json; charset=utf-8");

describe("a body as a person reads it", () => {
  it.each([
    "{}",
    "[]",
    '{"a":1}',
    '[1,"two",null,true,-1.5,[],{}]',
    '{"a":{"b":[{"c":"d, e: {f} [g]"},[[]]]},"h":"quote \\" and \\\\"}',
    '"text"',
    "7",
  ])("%s is indented as JSON", (body) => {
    expect(json(body)).toBe(JSON.stringify(JSON.parse(body), null, 2));
  });

  it("that is no JSON, or not whole, stays as it is", () => {
    expect(json('{"a":')).toBe('{"a":');
    expect(readableBody('{"a":1}', "text/plain")).toBe('{"a":1}');
    expect(readableBody("a=1&b=2", null)).toBe("a=1&b=2");
  });

  it("shows a field that stands there twice, twice", () => {
    expect(json('{"amount":900,"amount":1}')).toBe('{\n  "amount": 900,\n  "amount": 1\n}');
    expect(json(String.raw`{"\u0061mount":900,"amount":1}`)).toBe('{\n  "amount": 900,\n  "amount": 1\n}');
  });

  it("shows long numbers as they are sent", () => {
    expect(json('{"id":12345678901234567890,"x":1e400}')).toContain('"id": 12345678901234567890,\n  "x": 1e400');
  });

  it.each([
    ["a right-to-left override", "to \u202emoc.live@\u202c", "[U+202E]"],
    ["zero-width letters", "ad\u200bmin", "[U+200B]"],
    ["a hidden alphabet", `hello${String.fromCodePoint(0xe0064, 0xe0065, 0xe006c)}`, "[3 hidden characters]"],
  ])("shows %s, plain, in JSON and in escapes", (_what, text, shown) => {
    expect(readableBody(text, "text/plain")).toContain(shown);
    expect(json(JSON.stringify({ text }))).toContain(shown);
    const escaped = JSON.stringify({ text }).replaceAll(
      /[^ -~]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    expect(json(escaped)).toMatch(/\[U\+|hidden characters/);
  });

  it("shows a terminal sequence, plain", () => {
    expect(readableBody("a\u001b[2Kb", "text/plain")).toBe("a[U+001B][2Kb");
    expect(json(JSON.stringify("a\u001b[2Kb"))).toBe(JSON.stringify("a\u001b[2Kb"));
  });

  it("nested without end takes no more room than it has letters for", () => {
    const body = "[".repeat(3_000) + "]".repeat(3_000);
    expect(json(body).length).toBeLessThan(600_000);
  });
});
