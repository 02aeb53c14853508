import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Catalogue, loadCatalogue } from "./catalogue.ts";

const folder = mkdtempSync(join(tmpdir(), "patchbay-catalogue-"));
const log: string[] = [];
let catalogue: Catalogue;

function put(slug: string, config: unknown) {
  mkdirSync(join(folder, slug));
  writeFileSync(join(folder, slug, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  writeFileSync(join(folder, slug, "cli.ts"), `// ${slug}\n`);
  writeFileSync(join(folder, slug, "instructions.md"), `Use ${slug}.\n`);
}

const config = (slug: string, name: string, description = "", category?: string) => ({
  slug,
  name,
  description,
  category,
  baseUrl: `https://${slug}.example.com`,
  hosts: [`${slug}.example.com`],
  auth: [{ id: "token", type: "bearer_token" }],
  permissions: { readOps: ["list"], writeOps: [] },
});

beforeAll(async () => {
  put("trello", config("trello", "Trello", "Boards, lists and cards", "Project management"));
  put("google", config("google", "Google", "Search"));
  put("google-drive", config("google-drive", "Google Drive", "Files and folders", "Storage"));
  put("github", config("github", "GitHub", "Repositories and issues", "Development"));
  put("box", config("box", "Box", "Files in the cloud", "Storage"));
  put("broken", "{");
  put("renamed", config("other", "Other"));
  put("unknown-field", { ...config("unknown-field", "Unknown"), postinstall: "rm -rf /" });
  put("without-hosts", { ...config("without-hosts", "None"), hosts: [] });
  catalogue = await loadCatalogue(folder, (line) => log.push(line));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("lists what can be read, by name, and says what was left out and why", () => {
  expect(catalogue.entries.map(({ name }) => name)).toEqual(["Box", "GitHub", "Google", "Google Drive", "Trello"]);
  expect(log.toSorted()).toEqual([
    expect.stringMatching(/^left out of the catalogue: broken \(.*JSON/),
    'left out of the catalogue: renamed (its slug is "other")',
    expect.stringMatching(/^left out of the catalogue: unknown-field \(config\.json: .*postinstall/),
    expect.stringMatching(/^left out of the catalogue: without-hosts \(hosts: /),
  ]);
});

it.each([
  ["connect me to Trello", "trello"],
  ["TRELLO!", "trello"],
  ["please connect trelo for me", "trello"],
  ["I want to use git hub", "github"],
  ["my Google Drive, please", "google-drive"],
  ["google", "google"],
  ["connect box", "box"],
])("finds what %j names", (wish, slug) => {
  expect(catalogue.find(wish)?.slug).toBe(slug);
});

it.each(["", "something for cards", "boxes", "a fox", "connect me to https://nothing.example"])(
  "does not guess what %j might name",
  (wish) => {
    expect(catalogue.find(wish)).toBeUndefined();
  },
);

it.each([
  ["cards", ["trello"]],
  ["files", ["box", "google-drive"]],
  ["storage", ["box", "google-drive"]],
  ["google files", ["google", "google-drive", "box"]],
  ["repo", ["github"]],
  ["zebra", []],
])("searches by what it does: %s", (text, slugs) => {
  expect(catalogue.search(text).map(({ slug }) => slug)).toEqual(slugs);
});

it("gives an entry as a draft that still has to be checked", async () => {
  expect(await catalogue.draft("trello")).toMatchObject({
    slug: "trello",
    origin: "built-in",
    cliCode: "// trello\n",
    instructions: "Use trello.\n",
    variables: [],
    source: { kind: "catalogue" },
  });
});

it.each(["nothing", "broken", "..", "../catalogue", "trello/../box"])("has no entry %j", async (slug) => {
  await expect(catalogue.draft(slug)).rejects.toMatchObject({ code: "not_found" });
  expect(await catalogue.files(slug)).toBeUndefined();
});

it("is empty where there is no folder", async () => {
  const empty = await loadCatalogue(join(folder, "nowhere"));
  expect(empty.entries).toEqual([]);
  expect(empty.find("trello")).toBeUndefined();
});
