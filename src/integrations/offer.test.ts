import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IntegrationDraft } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { Secret } from "../contract/secret.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { scratchDatabase } from "../database/testing.ts";
import { loadCatalogue } from "./catalogue.ts";
import { offerOf } from "./offer.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";

let database: Database;
let ann: Scope;
const folder = mkdtempSync(join(tmpdir(), "patchbay-offer-"));

beforeAll(async () => {
  database = await scratchDatabase();
  ann = await database.createTenant("Acme Widgets", { name: "Ann Smith", email: "ann@kanban.example.com" });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

/** A service of the public internet; `.example` stands for one here. */
const draft = (change: Partial<IntegrationDraft>) => exampleDraft({ slug: `k${(count += 1)}`, ...change });
let count = 0;

async function offer(change: Partial<IntegrationDraft>, secrets: Secret[] = []) {
  return withinTenant(database, ann.tenantId, async (tx) => {
    const { versionId } = await saveVersion(tx, ann, draft(change));
    return offerOf(tx, versionId, { secrets });
  });
}

describe("what is offered", () => {
  it("is three files, readable again by the catalogue", async () => {
    const made = await offer({ slug: "fresh" });
    expect(made.refusals).toEqual([]);
    for (const [name, content] of Object.entries(made.files)) {
      await mkdir(join(folder, "fresh"), { recursive: true });
      await writeFile(join(folder, "fresh", name), content);
    }
    const catalogue = await loadCatalogue(folder);
    const { tool: _tool, rules: _rules, ...expected } = exampleDraft({ slug: "fresh" });
    expect(await catalogue.draft("fresh")).toEqual({
      ...expected,
      instructions: `${expected.instructions}\n`,
      origin: "built-in",
      source: { kind: "catalogue" },
    });
  });

  it("calls a write what the code calls one, whatever a person here said of it", async () => {
    const { readOps, writeOps } = exampleDraft({}).permissions;
    const [said = ""] = writeOps;
    const permissions = {
      readOps: [...readOps, said],
      writeOps: writeOps.slice(1),
      confirmedReads: { [said]: "Bob said that it only looks." },
    };
    const { files } = await offer({ permissions });
    expect(JSON.parse(files["config.json"])).toMatchObject({ permissions: { readOps, writeOps } });
    expect(files["config.json"]).not.toContain("Bob");
  });

  it("holds nothing of the tenant: no ids, no address the document was read from", async () => {
    const made = await offer({ source: { kind: "openapi", url: "https://wiki.example.com/our/spec.json?key=canary" } });
    const text = JSON.stringify(made);
    for (const own of [ann.tenantId, ann.personId, "wiki.example.com", "canary"]) expect(text).not.toContain(own);
  });
});

describe("what is refused, beside what the community's own validate refuses", () => {
  it.each([
    ["plain", (text: string) => text],
    ["base64", (text: string) => Buffer.from(text).toString("base64")],
    ["hex", (text: string) => Buffer.from(text).toString("hex")],
    ["url", encodeURIComponent],
  ])("a secret of a connection written as %s", async (_form, write) => {
    const canary = "canary&57 x";
    const made = await offer({ instructions: `Use ${write(canary)} for it.` }, [new Secret(canary)]);
    expect(made.refusals).toEqual(["instructions.md, line 1: it holds a secret of one of your connections"]);
  });

  it.each([
    ["cli.ts, line 1", { cliCode: "// by Ann@Kanban.example.com\n" }],
    ["cli.ts, line 1", { cliCode: "// for acme widgets\n" }],
    ["instructions.md, line 2", { instructions: "Boards.\nAsk Ann Smith." }],
  ])("people and the house by name: %s", async (where, change) => {
    expect((await offer(change)).refusals).toEqual([
      `${where}: it names your house, or one of your people or accounts`,
    ]);
  });

  it("not a name that belongs to the service itself", async () => {
    expect((await offer({ name: "Acme Widgets", instructions: "For Acme Widgets." })).refusals).toEqual([]);
  });

  it("a description the community's form has no place for", async () => {
    const { refusals } = await offer({ docsUrl: "http://kanban.example.com/docs" });
    expect(refusals).toEqual(["config.json, docsUrl: must be an https address"]);
  });
});
