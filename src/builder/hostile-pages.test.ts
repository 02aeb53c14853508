import { expect, it } from "vitest";
import { candidatesIn, describesApi } from "./candidates.ts";
import { documentIn } from "./document-in-page.ts";
import { linksIn } from "./docs/links.ts";
import { textOfPage } from "./docs/page-state.ts";
import { sectionsOf } from "./docs/sections.ts";

/** A page is read by the process that serves everybody: one made to be slow must not stop it for the others. */
it.each([
  "\n",
  "\n ",
  "{",
  "<a ",
  "<a href='",
  "<a href='x'>",
  "[",
  "[a](",
  "<div ",
  "<div id ",
  "<script ",
  "<script src='",
  '<script type="application/json">',
  "<script>a = {",
  'data-state="',
  "# a\n",
  "```\n",
])("a page of nothing but %j is read in time that grows with its length only", (unit) => {
  const read = (length: number) => {
    const text = unit.repeat(Math.ceil(length / unit.length));
    describesApi(text);
    candidatesIn(text, "https://docs.example.com/", text.slice(0, 16_000));
    linksIn(text, "https://docs.example.com/");
    documentIn(text);
    textOfPage(`<!doctype html>${text}`, "https://docs.example.com/");
    return sectionsOf([{ url: "https://docs.example.com/", title: "t", markdown: text }]).length;
  };
  // Not timed: the slowest of these took minutes for the shorter half alone, and the test would end by its time limit.
  expect(read(400_000)).toBeGreaterThanOrEqual(0);
});
