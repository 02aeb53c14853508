import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
  ann = await database.createTenant("A", { name: "Ann", email: "ann@kanban.example.com" });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

/** A service of the public internet; `.example` stands for one here. */
const draft = (change: Partial<IntegrationDraft>) => exampleDraft({ slug: `k${(count += 1)}`, ...change });
let count = 0;

async function offer(change: Partial<IntegrationDraft>, secrets: Secret[] = []) {
  const catalogue = await loadCatalogue(join(folder, "integrations"));
  return withinTenant(database, ann.tenantId, async (tx) => {
    const { versionId } = await saveVersion(tx, ann, draft(change));
    return offerOf(tx, versionId, { catalogue, secrets });
  });
}

describe("what is offered", () => {
  it("is three files, readable again by the catalogue, and a diff that adds them", async () => {
    const made = await offer({ slug: "fresh" });
    expect(made.refusals).toEqual([]);
    expect(made.files.map(({ path }) => path)).toEqual([
      "integrations/fresh/cli.ts",
      "integrations/fresh/config.json",
      "integrations/fresh/instructions.md",
    ]);
    expect(made.diff).toContain("--- /dev/null\n+++ b/integrations/fresh/cli.ts\n@@ -0,0 +1,2 @@\n");
    for (const { path, content } of made.files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const catalogue = await loadCatalogue(join(folder, "integrations"));
    const { tool: _tool, rules: _rules, ...expected } = exampleDraft({ slug: "fresh" });
    expect(await catalogue.draft("fresh")).toEqual({
      ...expected,
      instructions: `${expected.instructions}\n`,
      origin: "community",
      source: { kind: "catalogue" },
    });
  });

  it("holds nothing of the tenant: no ids, no address the document was read from", async () => {
    const made = await offer({ source: { kind: "openapi", url: "https://wiki.example.com/our/spec.json?key=canary" } });
    const text = JSON.stringify(made);
    for (const own of [ann.tenantId, ann.personId, "wiki.example.com", "canary"]) expect(text).not.toContain(own);
  });

  it("shows only what changed against the entry that is there, and nothing when nothing did", async () => {
    expect((await offer({ slug: "fresh" })).diff).toBe("");
    const { diff } = await offer({ slug: "fresh", instructions: "Start with `kanban boards list --limit 3`." });
    expect(diff).toBe(
      [
        "--- a/integrations/fresh/instructions.md",
        "+++ b/integrations/fresh/instructions.md",
        "@@ -1,1 +1,1 @@",
        "-Start with `kanban boards list`.",
        "+Start with `kanban boards list --limit 3`.",
        "",
      ].join("\n"),
    );
  });
});

describe("what is refused", () => {
  it.each([
    "localhost",
    "127.0.0.1:4801",
    "10.0.0.5",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "[::1]",
    "intranet",
    "api.corp.local",
    "api.internal",
    "kanban.example.com:8443",
  ])("the private host %s", async (host) => {
    const { refusals } = await offer({ hosts: ["kanban.example.com", host] });
    expect(refusals.join("\n")).toContain(`${host} is not a public host`);
  });

  it.each(["{subdomain}.example.com", "{host}", "kanban.example.com:443"])(
    "not the host %s, which anybody has",
    async (host) => {
      expect((await offer({ hosts: ["kanban.example.com", host] })).refusals).toEqual([]);
    },
  );

  it("a private address anywhere in the tool or the instructions, with its line", async () => {
    const { refusals } = await offer({
      cliCode: "// one\n// see http://wiki.intranet/kanban\n",
      instructions: "At http://10.1.2.3/x",
    });
    expect(refusals).toEqual([
      "cli.ts, line 2: wiki.intranet is not a public host",
      "instructions.md, line 1: 10.1.2.3 is not a public host",
    ]);
  });

  // Put together here, so that this file holds nothing that looks like a secret itself.
  const body = "a1B2c3D4e5".repeat(5);
  it.each([
    ["a private key", `-----BEGIN RSA ${"PRIVATE"} KEY-----`],
    ["an AWS access key", `${"AKIA"}ABCDEFGHIJ234567`],
    ["a GitHub token", `${"ghp"}_${body}`],
    ["a GitHub token", `${"github_pat"}_${body}`],
    ["a Slack token", `${"xoxb"}-${body}`],
    ["a Google API key", "AIza" + body.slice(0, 35)],
    ["a Stripe key", `${"sk_live"}_${body}`],
    ["an API key", "sk-ant-" + body],
    ["a signed token (JWT)", `eyJ${body}.eyJ${body}.${body}`],
    ["an Authorization value", `Authorization: Bearer ${body}`],
    ["a password in an address", `https://ann:${"password"}@kanban.example.com/`],
    ["a value that looks like a secret", `const api_key = "${body}";`],
    ["a value that looks like a secret", `"clientSecret": "${body}"`],
    ["a Trello token", "ATTA" + "0123456789abcdef".repeat(3)],
  ])("%s, without repeating it", async (what, text) => {
    const { refusals } = await offer({ cliCode: `// first\n${text}\n` });
    expect(refusals).toContain(`cli.ts, line 2: ${what}`);
    expect(refusals.join("\n")).not.toContain(text);
  });

  it.each([
    'headers: { authorization: "Bearer {secret}" }',
    'const token = process.env["KANBAN_ACCESS_TOKEN"];',
    'summary: "Get the token of a board"',
    'help: "Looks like sk-… and begins with sk-"',
    "write to support@example.com, or api@kanban.example.com",
  ])("not an ordinary line: %s", async (line) => {
    expect((await offer({ cliCode: `${line}\n` })).refusals).toEqual([]);
  });

  it.each([
    ["plain", (text: string) => text],
    ["base64", (text: string) => Buffer.from(text).toString("base64")],
    ["hex", (text: string) => Buffer.from(text).toString("hex")],
    ["url", encodeURIComponent],
  ])("a secret of a connection written as %s", async (_form, write) => {
    const canary = "canary&57 x";
    const made = await offer({ instructions: `Use ${write(canary)} for it.` }, [new Secret(canary)]);
    expect(made.refusals).toEqual(["instructions.md: it holds a secret of one of your connections"]);
  });

  it.each([
    ["cli.ts, line 1: jo.doe@mail.test is somebody's e-mail address", "// by jo.doe@mail.test"],
    ["cli.ts, line 1: it names one of your people or accounts", "// by Ann@Kanban.example.com"],
    ["cli.ts, line 1: a folder of somebody's machine", "// from /home/ann/specs/kanban.json"],
  ])("personal data: %s", async (refusal, line) => {
    expect((await offer({ cliCode: `${line}\n` })).refusals).toContain(refusal);
  });

  it("a description the community's form has no place for", async () => {
    const { refusals } = await offer({ docsUrl: "http://kanban.example.com/docs" });
    expect(refusals).toEqual(["config.json, docsUrl: must be an https address"]);
  });
});
