import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readFiles, readRules } from "../../../community/scripts/validate.ts";
import { plan } from "./plan.ts";

const root = fileURLToPath(new URL("../../../community/", import.meta.url));
const rules = await readRules(root);
const there = await readFiles(root, "dropbox");
const offered = {
  slug: "dropbox",
  name: "Dropbox",
  takesPlace: true,
  proof: { at: "2030-01-01T00:00:00.000Z", madeBy: "a test", source: "catalogue" },
  patchbay: "0.0.0",
};

/** As a server offers it, without anybody's yes to reads. */
const asOffered = (change: [from: string, to: string] | undefined) => {
  const { permissions, ...config } = JSON.parse(there["config.json"]);
  const { confirmedReads: _maintainers, ...left } = permissions;
  return {
    ...there,
    "cli.ts": change ? there["cli.ts"].replace(...change) : there["cli.ts"],
    "config.json": `${JSON.stringify({ ...config, permissions: left }, null, 2)}\n`,
    "instructions.md": `${there["instructions.md"]}- One trap more.\n`,
  };
};
const confirmedIn = (text: string): string[] => Object.keys(JSON.parse(text).permissions.confirmedReads ?? {});

it("calls nobody and closes nothing by the name in its title", async () => {
  const name = "Fixes #12 and GH-3 for @org/team, https://github.com/org/repo/issues/1";
  const planned = await plan(
    { ...offered, name, files: asOffered(undefined) },
    { slug: "dropbox", files: there },
    rules,
  );
  expect(planned).toMatchObject({
    title: expect.stringMatching(/^Update Fixes 12 and 3 for org\/team, https github\.com\/org\/repo\/issues\/1: /),
  });
});

describe("a newer form of an integration", () => {
  it("keeps the reads that maintainers said yes to", async () => {
    const planned = await plan({ ...offered, files: asOffered(undefined) }, { slug: "dropbox", files: there }, rules);
    if (planned.kind !== "update") throw new Error(planned.kind);
    expect(confirmedIn(planned.files["config.json"])).toEqual(confirmedIn(there["config.json"]));
    expect(planned.body).toContain("| `files list` | **read by `confirmedReads`** | `POST /files/list_folder` |");
  });

  it("loses the yes to an operation that sends something else now", async () => {
    const files = asOffered(["POST /files/list_folder/continue", "POST /files/list_folder/longpoll"]);
    const planned = await plan({ ...offered, files }, { slug: "dropbox", files: there }, rules);
    if (planned.kind !== "update") throw new Error(planned.kind);
    expect(confirmedIn(planned.files["config.json"])).not.toContain("files list-more");
    expect(confirmedIn(planned.files["config.json"])).toContain("files list");
  });
});
