import { describe, expect, it } from "vitest";
import { candidatesIn, describesApi, usualPlaces } from "./candidates.ts";

describe("candidatesIn", () => {
  it.each([
    ["a service-desc link", `<link rel="service-desc" type="application/json" href="/spec">`, "https://a.example/spec"],
    ["Redoc", `<redoc spec-url='v1/openapi.yaml'></redoc>`, "https://a.example/docs/v1/openapi.yaml"],
    ["Scalar", `<script id="api-reference" data-url="/openapi.json"></script>`, "https://a.example/openapi.json"],
    ["Swagger UI", `SwaggerUIBundle({ url: "../swagger.json", dom_id: "#ui" })`, "https://a.example/swagger.json"],
    [
      "an ordinary link",
      `<a href="https://b.example/openapi.yaml?v=2#top">spec</a>`,
      "https://b.example/openapi.yaml?v=2",
    ],
    [
      "an escaped link in JSON state",
      `{"specUrl":"https:\\/\\/a.example\\/swagger.json"}`,
      "https://a.example/swagger.json",
    ],
  ])("finds the description named by %s", (_, html, expected) => {
    expect(candidatesIn(html, "https://a.example/docs/")).toEqual([expected]);
  });

  it("reads the relation from a Link header and from an RFC 9727 linkset", () => {
    expect(candidatesIn("", "https://a.example/", `</spec>; rel="service-desc", </x>; rel="next"`)).toEqual([
      "https://a.example/spec",
    ]);
    expect(
      candidatesIn(
        `{"linkset":[{"anchor":"/","service-desc":[{"href":"/api.json","type":"application/json"}]}]}`,
        "https://a.example/c",
      ),
    ).toEqual(["https://a.example/api.json"]);
  });

  it.each(["javascript:alert(1)//openapi.json", "file:///etc/openapi.json", "data:text/plain,openapi.json"])(
    "never follows %s",
    (href) => {
      expect(candidatesIn(`<a href="${href}">x</a>`, "https://a.example/")).toEqual([]);
    },
  );

  it("stays quick on a page made to be slow", () => {
    expect(candidatesIn(`<link ${"rel=".repeat(500_000)}`, "https://a.example/").length).toBeLessThan(13);
    expect(candidatesIn(`"service-desc": [${"[".repeat(500_000)}`, "https://a.example/")).toEqual([]);
  });
});

it("looks beside the page and at the root of its host", () => {
  const places = usualPlaces("https://a.example/v2/docs/index.html");
  expect(places).toContain("https://a.example/.well-known/api-catalog");
  expect(places).toContain("https://a.example/v2/docs/openapi.json");
  expect(places).toContain("https://a.example/openapi.json");
});

it.each([
  [`{"openapi":"3.1.0","info":{}}`, true],
  [`# a comment\nswagger: '2.0'\ninfo:\n`, true],
  [`{"paths":{},"openapi" : "3.0.3"}`, true],
  [`{"kind": "discovery#restDescription"}`, true],
  [`{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}`, true],
  [`<html>openapi: see below</html>`, false],
  [`{"hello":"openapi"}`, false],
])("tells whether %s describes an API", (text, expected) => {
  expect(describesApi(text)).toBe(expected);
});
