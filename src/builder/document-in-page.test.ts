import { describe, expect, it } from "vitest";
import { documentIn } from "./document-in-page.ts";

const document = { openapi: "3.0.3", info: { title: "A", version: "1" }, paths: { "/cards": {} } };
const text = JSON.stringify(document);

describe("documentIn", () => {
  it.each([
    ["Redoc", `<script>const __redoc_state = {"menu":{},"spec":{"data":${text}}};</script>`],
    ["Scalar", `<script id="api-reference" type="application/json">${text}</script>`],
    ["Swagger UI", `<script>window.onload = function() { var options = {"swaggerDoc": ${text}, "x": 1}; }</script>`],
    ["a state of Next.js", `<script id="__NEXT_DATA__" type="application/json">{"props":{"oas":${text}}}</script>`],
    ["ReadMe", `<div data-initial-props="${JSON.stringify({ oas: document }).replaceAll('"', "&quot;")}"></div>`],
    ["a text within a state", `<script type="application/json">{"spec":${JSON.stringify(text.padEnd(200))}}</script>`],
  ])("takes the description out of a page of %s", (_, html) => {
    expect(JSON.parse(documentIn(`<!doctype html><html>${html}</html>`) ?? "null")).toEqual(document);
  });

  it.each([
    ["an example in the prose", `<pre>${text}</pre>`],
    ["a broken state", `<script>state = {"spec": {"openapi":"3.0.3","paths":{</script>`],
    ["a description without paths", `<script type="application/json">{"openapi":"3.0.3","about":"it"}</script>`],
  ])("takes none out of %s", (_, html) => {
    expect(documentIn(html)).toBeUndefined();
  });

  it("stays quick on a page made to be slow", () => {
    const started = performance.now();
    documentIn(`<script>${"a={".repeat(300_000)}</script><script>${'x="\\'.repeat(200_000)}</script>`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
