import { expect, it } from "vitest";
import { Registry } from "./registry.ts";

const hash = `sha256:${"0".repeat(64)}`;
const entry = {
  slug: "boards",
  name: "Boards",
  description: "",
  hosts: ["api.boards.example"],
  contentHash: hash,
  files: { "cli.ts": hash, "config.json": hash, "instructions.md": hash },
};

it.each([
  ["a name that is no slug", { ...entry, slug: "../boards" }],
  ["a name too long", { ...entry, name: "n".repeat(201) }],
  ["no entry at all", null],
])("leaves out %s, in words, and takes the others", (_what, bad) => {
  const { integrations, left } = Registry.parse({ version: 1, integrations: [bad, entry] });
  expect(integrations).toEqual([entry]);
  expect(left).toEqual([expect.stringMatching(/^entry 1\b.*\(.+\)$/)]);
});
