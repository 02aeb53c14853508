import { describe, expect, it } from "vitest";
import { cookiePairs, encode, headerText, pathText, queryPairs } from "./serialize.ts";

const array = ["blue", "black", "brown"];
const object = { R: 100, G: 200, B: 150 };

describe("queries", () => {
  // The rows of "Style Examples" in OAS 3.1.1.
  it.each([
    ["form", true, "blue", "color=blue"],
    ["form", true, "", "color="],
    ["form", true, array, "color=blue&color=black&color=brown"],
    ["form", true, object, "R=100&G=200&B=150"],
    ["form", false, array, "color=blue,black,brown"],
    ["form", false, object, "color=R,100,G,200,B,150"],
    ["spaceDelimited", false, array, "color=blue%20black%20brown"],
    ["spaceDelimited", false, object, "color=R%20100%20G%20200%20B%20150"],
    ["pipeDelimited", false, array, "color=blue%7Cblack%7Cbrown"],
    ["pipeDelimited", false, object, "color=R%7C100%7CG%7C200%7CB%7C150"],
    ["tabDelimited", false, array, "color=blue%09black%09brown"],
    ["deepObject", true, object, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"],
  ] as const)("writes %s, explode %s, %j as %s", (style, explode, value, wire) => {
    expect(queryPairs("color", value, { style, explode }).join("&")).toBe(wire);
  });

  it("parts list members by plain commas and escapes those inside of them", () => {
    expect(queryPairs("a", ["x,y", "z"], { explode: false })).toEqual(["a=x%2Cy,z"]);
  });

  it("writes deep objects the way deployed servers read them", () => {
    expect(queryPairs("f", { a: { b: 1 }, c: ["x", "y"] }, { style: "deepObject" })).toEqual([
      "f%5Ba%5D%5Bb%5D=1",
      "f%5Bc%5D%5B%5D=x",
      "f%5Bc%5D%5B%5D=y",
    ]);
    expect(queryPairs("f", [{ a: 1 }, { a: 2 }], { style: "deepObject" })).toEqual([
      "f%5B0%5D%5Ba%5D=1",
      "f%5B1%5D%5Ba%5D=2",
    ]);
  });

  it("sends nothing for an empty list", () => {
    expect(queryPairs("a", [])).toEqual([]);
  });

  it("writes a content parameter as its document", () => {
    expect(queryPairs("filter", { a: "b c" }, { content: "application/json" })).toEqual([
      "filter=%7B%22a%22%3A%22b%20c%22%7D",
    ]);
    expect(queryPairs("filter", "x", { content: "application/json" })).toEqual(["filter=%22x%22"]);
  });

  it("leaves reserved characters where they are allowed, but none that would split the query", () => {
    expect(queryPairs("p", "/a:b?c@d;e,f&g=h#i+j[k]", { allowReserved: true })).toEqual([
      "p=/a:b?c@d;e,f%26g=h%23i%2Bj%5Bk%5D",
    ]);
  });
});

describe("paths", () => {
  it.each([
    ["simple", false, array, "blue,black,brown"],
    ["simple", true, object, "R=100,G=200,B=150"],
    ["simple", false, object, "R,100,G,200,B,150"],
    ["label", false, "blue", ".blue"],
    ["label", false, array, ".blue,black,brown"],
    ["label", true, array, ".blue.black.brown"],
    ["label", true, object, ".R=100.G=200.B=150"],
    ["label", false, object, ".R,100,G,200,B,150"],
    ["matrix", false, "blue", ";color=blue"],
    ["matrix", false, "", ";color"],
    ["matrix", false, array, ";color=blue,black,brown"],
    ["matrix", true, array, ";color=blue;color=black;color=brown"],
    ["matrix", true, object, ";R=100;G=200;B=150"],
    ["matrix", false, object, ";color=R,100,G,200,B,150"],
  ] as const)("writes %s, explode %s, %j as %s", (style, explode, value, wire) => {
    expect(pathText("color", value, { style, explode })).toBe(wire);
  });

  it("escapes everything that is not unreserved", () => {
    expect(pathText("id", "a/b c?d#e%f'(*)!é")).toBe("a%2Fb%20c%3Fd%23e%25f%27%28%2A%29%21%C3%A9");
  });
});

it("writes headers unescaped, text beyond ASCII as UTF-8", () => {
  expect(headerText(["a", "b c"])).toBe("a,b c");
  expect(headerText(object, { explode: true })).toBe("R=100,G=200,B=150");
  expect(headerText("é")).toBe("\u00c3\u00a9");
});

it("writes cookies as forms, and as they are in the style of OAS 3.2", () => {
  expect(cookiePairs("c", "a b")).toEqual(["c=a%20b"]);
  expect(cookiePairs("c", "a b", { style: "cookie" })).toEqual(["c=a b"]);
  expect(cookiePairs("c", array)).toEqual(["c=blue", "c=black", "c=brown"]);
});

it("escapes half of a surrogate pair instead of failing", () => {
  expect(encode("\ud83d")).toBe("%EF%BF%BD");
});
