import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unzipSync } from "fflate";
import { readFile } from "node:fs/promises";
import { violations } from "../../testing/axe.ts";
import { type OpenedPage, realBrowser } from "../../testing/browser.ts";
import { runningServer } from "../../testing/running-server.ts";
import { readAndWrite, type SmallService, smallService } from "../../testing/small-service.ts";

const ledger: SmallService = await smallService({ paths: readAndWrite("invoices", "Invoices, newest first") });
ledger.describe({ logo: `${ledger.url}/logo.svg` });
const staff: SmallService = await smallService({
  title: "Staff",
  description: "Who works here.",
  security: true,
  paths: { ...readAndWrite("people", "People"), ...search("people"), ...search("teams") },
});
const served = runningServer({ page: true, environment: { ALLOW_PRIVATE_HOSTS: `${ledger.host},${staff.host}` } });
const browser = realBrowser();
afterAll(() => Promise.all([ledger.close(), staff.close()]));

/** A POST that only reads, as many services have. */
function search(name: string): object {
  const ok = { responses: { 200: { description: "A list" } } };
  return {
    [`/${name}/search`]: { post: { tags: [name], operationId: `search-${name}`, summary: `Search ${name}`, ...ok } },
  };
}

let page: OpenedPage;
beforeAll(async () => {
  page = await signedIn();
});

async function signedIn(options?: Parameters<typeof browser.open>[0]): Promise<OpenedPage> {
  const opened = await browser.open(options);
  await opened.goto((await served().api.sessions.link()).url);
  return opened;
}
const open = (path: string) => page.goto(`${served().url}${path}`);
const practiceChanges = () =>
  served()
    .practice.log()
    .filter((entry) => entry.part === "api" && entry.method !== "GET" && entry.status < 400).length;
const makeBoard = (name: string) =>
  served().api.runs.operation({ slug: "practice", words: ["boards", "create", "--name", name] });

/** One story, in order. */
describe("the integrations page", () => {
  it("finds one in the catalogue by search and category, and says when nothing fits", async () => {
    await open("/integrations");
    await page.getByRole("heading", { name: "In the catalogue" }).waitFor();
    await page.getByRole("searchbox", { name: "Search integrations" }).fill("cards boards");
    await page.getByRole("heading", { name: "Trello" }).waitFor();
    expect(await page.getByRole("heading", { name: "Stripe" }).count()).toBe(0);
    await page.getByRole("searchbox", { name: "Search integrations" }).fill("nothing is called like this");
    await page.getByText("Nothing fits.").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByLabel("Category").selectOption("payments");
    await page.getByRole("heading", { name: "Stripe" }).waitFor();
    expect(await page.getByRole("heading", { name: "Trello" }).count()).toBe(0);
    await page.getByLabel("Category").selectOption("");
  });

  it("connects from the catalogue by one click: the tool is made, its steps told, then the key asked for", async () => {
    await page.getByRole("button", { name: "Connect Practice service" }).click();
    const dialog = page.getByRole("dialog");
    await dialog
      .getByText(/39 operations/)
      .first()
      .waitFor();
    await dialog.getByRole("radio", { name: /board key/i }).check();
    await dialog.getByLabel(/^(x )?board key$/i).fill(served().practice.keys.apiKey);
    await dialog.getByRole("button", { name: "Connect" }).click();
    await dialog.getByRole("heading", { name: "Practice Boards is connected" }).waitFor();
    await dialog.getByRole("link", { name: "What it can do" }).click();
    await page.getByRole("heading", { level: 1, name: "Practice Boards" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/integrations/practice");
  });

  it("adds by address; what cannot be read is told with a way on", async () => {
    await open("/integrations");
    await page.getByLabel("Add a service").fill(`${ledger.url}/openapi.json`);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog
      .getByText(/2 operations/)
      .first()
      .waitFor();
    await dialog.getByRole("button", { name: "Connect" }).click();
    await dialog.getByRole("heading", { name: "Ledger is connected" }).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    // Its icon comes from this server, and holds nothing of the script the service put into it.
    const icon = page.getByRole("img", { name: "Ledger: connected and answering" }).locator("img");
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".jack img")?.naturalWidth);
    const given = await page.request.get(`${served().url}${await icon.getAttribute("src")}`);
    expect(given.headers()).toMatchObject({
      "content-type": "image/svg+xml",
      "content-security-policy": "default-src 'none'; sandbox",
    });
    expect(await given.text()).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 24 24"><rect /);

    await page.getByLabel("Add a service").fill("no such service anywhere");
    await page.keyboard.press("Enter");
    await dialog.getByRole("alert").getByText("Nothing in the catalogue is called").waitFor();
    await dialog.getByRole("link", { name: "Ask in the chat" }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await served().api.connections.list()).toHaveLength(2);
  });

  it("adds from a file", async () => {
    const document = {
      openapi: "3.0.0",
      info: { title: "From a file", version: "1" },
      servers: [{ url: "https://api.from-a-file.example" }],
      paths: readAndWrite("things", "Things"),
    };
    await page.getByLabel("From a file").setInputFiles({
      name: "openapi.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(document)),
    });
    const dialog = page.getByRole("dialog");
    await dialog
      .getByText(/2 operations/)
      .first()
      .waitFor();
    await dialog.getByRole("button", { name: "Sign in later" }).click();
    await page.getByRole("heading", { name: "From a file" }).waitFor();
    expect(await served().api.integrations.summary({ slug: "from-a-file" })).toMatchObject({ jack: "known" });
  });

  it("shows what asks for the person first, by status", async () => {
    const tiles = page.getByRole("region", { name: "Custom integrations" }).getByRole("heading", { level: 3 });
    expect(await tiles.allTextContents()).toEqual(["Ledger", "Practice Boards", "From a file"]);
    await page.getByRole("button", { name: /^Not connected/ }).click();
    expect(await tiles.allTextContents()).toEqual(["From a file"]);
    await page.getByRole("button", { name: /^All/ }).click();
    expect(await page.getByText("Private", { exact: true }).count()).toBe(3);
  });

  it("renames an account", async () => {
    await page.getByRole("button", { name: "More for ana@practice.example" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByLabel("Name of the account").fill("Ana at work");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "More for Ana at work" }).waitFor();
    expect((await served().api.connections.list()).map((one) => one.label)).toContain("Ana at work");
  });
});

describe("accounts", () => {
  const accepted = new Set(["key-1", "key-2"]);
  let used: unknown;
  staff.answer = (_path, response, request) => {
    used = request.headers["x-key"];
    response.writeHead(accepted.has(String(used)) ? 200 : 401, { "content-type": "application/json" }).end("[]");
  };
  const accounts = async () => (await served().api.connections.list()).filter(({ slug }) => slug === "staff");
  const list = () => served().api.runs.operation({ slug: "staff", words: ["people", "list"] });
  const tile = () => page.locator("li.tile").filter({ has: page.getByRole("link", { name: "Staff" }) });
  const account = (label = "") =>
    tile()
      .locator("li.account")
      .filter({ has: page.getByText(label, { exact: true }) });
  const choose = async (label: string | undefined, what: string) => {
    await account(label)
      .getByRole("button", { name: /^More for/ })
      .click();
    await page.getByRole("menuitem", { name: what }).click();
  };
  const signIn = async (key: string) => {
    await page.getByRole("dialog").getByLabel(/key/i).fill(key);
    await page.getByRole("dialog").getByRole("button", { name: "Connect" }).click();
  };

  it("are two at one service, each with a key of its own; the one used when none is named can be changed", async () => {
    await open("/integrations");
    await page.getByLabel("Add a service").fill(`${staff.url}/openapi.json`);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await signIn("key-1");
    await dialog.getByRole("heading", { name: "Staff is connected" }).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Add account Staff" }).click();
    await signIn("key-2");
    await dialog.waitFor({ state: "detached" });
    const [first, second] = (await accounts()).toSorted(
      (one, other) => Number(other.isDefault) - Number(one.isDefault),
    );
    await list();
    expect(used).toBe("key-1");
    await choose(second?.label, "Use when no account is named");
    await account(second?.label).getByText("· default").waitFor();
    expect(await account(first?.label).getByText("· default").count()).toBe(0);
    await list();
    expect(used).toBe("key-2");
  });

  it("are paused, which keeps every call from them, and go on", async () => {
    const label = (await accounts()).find((one) => one.isDefault)?.label;
    await choose(label, "Pause");
    await account(label).getByText("paused").waitFor();
    used = undefined;
    expect(await list()).toMatchObject({ stderr: expect.stringContaining("paused") });
    expect(used).toBeUndefined();
    await account(label)
      .getByRole("button", { name: /^Resume/ })
      .click();
    await account(label).getByRole("button", { name: /^Test/ }).waitFor();
    expect(await list()).toMatchObject({ exitCode: 0 });
  });

  it("whose service ended the sign-in stand first, and are signed in again where they stand", async () => {
    const label = (await accounts()).find((one) => one.isDefault)?.label;
    accepted.delete("key-2");
    await account(label).getByRole("button", { name: /^Test/ }).click();
    await account(label).getByText("the service ended this sign-in").waitFor();
    await page.getByRole("button", { name: /^Sign in again 1/ }).click();
    await page.locator("li.tile[data-status=sign_in_again]").getByRole("link", { name: "Staff" }).waitFor();
    expect(await page.locator("li.tile").count()).toBe(1);
    await account(label)
      .getByRole("button", { name: /^Sign in again as/ })
      .click();
    await signIn("key-2");
    await page.getByRole("dialog").getByRole("alert").getByText("did not accept this sign-in").waitFor();
    accepted.add("key-3");
    await signIn("key-3");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^All/ }).click();
    await account(label).getByText("connected").waitFor();
    expect(await accounts()).toHaveLength(2);
    await list();
    expect(used).toBe("key-3");
  });

  it("whose service is in trouble are told apart from those; the sign-in is kept", async () => {
    const label = (await accounts()).find((one) => one.isDefault)?.label;
    const { answer } = staff;
    staff.answer = (_path, response) => void response.writeHead(501).end();
    await account(label).getByRole("button", { name: /^Test/ }).click();
    await account(label).getByText("not answering, the sign-in is kept").waitFor();
    await page.getByRole("button", { name: /^Failing 1/ }).click();
    await tile().getByText("Failing", { exact: true }).waitFor();
    staff.answer = answer;
    // It answers again, to whoever asks: no test is needed.
    await list();
    await expect.poll(async () => (await accounts()).map((one) => one.status)).toEqual(["connected", "connected"]);
    await open("/integrations");
    await account(label).getByText("connected").waitFor();
  });
});

describe("the page of one integration", () => {
  it("changes what happens to an operation where it stands, and the next call obeys", async () => {
    await open("/integrations/practice");
    expect(await makeBoard("Asked")).toHaveProperty("waiting");
    await page.getByRole("searchbox", { name: "Search operations" }).fill("boards create");
    const row = page.getByRole("listitem").filter({ hasText: "boards create" });
    const decide = (word: string) => row.getByRole("button", { name: word, exact: true });
    expect(await decide("Asks").getAttribute("aria-pressed")).toBe("true");

    await decide("Runs").click();
    await page.getByText("boards create: runs.").waitFor({ state: "attached" });
    const before = practiceChanges();
    expect(await makeBoard("At once")).toMatchObject({ exitCode: 0 });
    expect(practiceChanges()).toBe(before + 1);

    await decide("Never").click();
    await page.getByText("boards create: never.").waitFor({ state: "attached" });
    expect(await makeBoard("Not at all")).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("policy_denied"),
    });
    expect(practiceChanges()).toBe(before + 1);
  });

  it("says so when a stricter policy keeps an operation from running, and goes back to usual", async () => {
    const policy = await served().api.policies.add({ level: "tenant", operation: "boards *", decision: "deny" });
    await page.reload();
    await page.getByRole("searchbox", { name: "Search operations" }).fill("boards create");
    const row = page.getByRole("listitem").filter({ hasText: "boards create" });
    await row.getByRole("button", { name: "Runs" }).click();
    await page.getByText("boards create stays at never: a stricter policy says so.").waitFor({ state: "attached" });
    expect(await row.getByRole("button", { name: "Never" }).getAttribute("aria-pressed")).toBe("true");
    await served().api.policies.remove({ id: policy.id });
    await row.getByRole("button", { name: "boards create", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("POST /boards").waitFor();
    await dialog.getByRole("button", { name: "As usual" }).click();
    await dialog.getByText("It changes something.").waitFor();
    await page.keyboard.press("Escape");
    expect(await row.getByRole("button", { name: "Asks" }).getAttribute("aria-pressed")).toBe("true");
    expect(await makeBoard("Asked again")).toHaveProperty("waiting");
  });

  it("decides by keyboard, and by nothing that only passes by", async () => {
    const row = page.getByRole("listitem").filter({ hasText: "boards create" });
    await row.getByRole("button", { name: "boards create", exact: true }).focus();
    for (const key of ["Tab", "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
    const find = async () =>
      (await served().api.integrations.operations({ slug: "practice" })).find((one) => one.name === "boards create");
    expect(await find()).toMatchObject({ own: null, decision: "ask" });
    await page.keyboard.press("Enter");
    await page.getByText("boards create: never.").waitFor({ state: "attached" });
    expect(await find()).toMatchObject({ own: "deny", decision: "deny" });
  });

  it("decides for all writes, or all reads, at once: to let writes run is asked first, and what is stricter stays", async () => {
    const { api } = served();
    const operations = () => api.integrations.operations({ slug: "practice" });
    const decisions = async (access: "read" | "write") =>
      new Set((await operations()).filter((one) => one.access === access).map((one) => one.decision));
    const addCard = () =>
      api.runs.operation({
        slug: "practice",
        words: ["cards", "create", "--list_id", "lst_kitchen_todo", "--name", "For the group"],
      });
    await open("/integrations/practice");
    const writes = page.getByRole("group", { name: /^All \d+ writes$/ });
    const press = (group: typeof writes, word: string) =>
      group.getByRole("button", { name: word, exact: true }).click();
    const question = page.getByRole("alertdialog", { name: /^Let all \d+ writes of Practice Boards run/ });

    await press(writes, "Runs");
    await question.getByRole("button", { name: "Keep it as it is" }).click();
    await question.waitFor({ state: "detached" });
    expect(await api.policies.list()).toMatchObject([{ operation: "boards create", decision: "deny" }]);

    await press(writes, "Runs");
    await question.getByRole("button", { name: "Let them run" }).click();
    await writes.getByText(/^\d+ run · 1 never runs: stricter rules stay$/).waitFor();
    expect(await addCard()).toMatchObject({ exitCode: 0 });
    expect(await makeBoard("Kept back")).toMatchObject({ exitCode: 4 });

    await press(writes, "Never");
    await expect.poll(() => decisions("write")).toEqual(new Set(["deny"]));
    await expect.poll(async () => (await api.policies.list()).length).toBe(2);
    expect(await addCard()).toMatchObject({ exitCode: 4 });
    const row = page.getByRole("listitem").filter({ hasText: "boards delete" });
    await row.getByRole("button", { name: "Runs", exact: true }).click();
    await row.getByText("Stays at never: a stricter policy says so.").waitFor();
    await api.integrations.decide({ slug: "practice", operation: "boards delete", decision: null });

    const reads = page.getByRole("group", { name: /^All \d+ reads$/ });
    await press(reads, "Asks");
    await reads.getByRole("button", { name: "As usual" }).waitFor();
    expect(await decisions("read")).toEqual(new Set(["ask"]));
    for (const group of [reads, writes]) {
      await group.getByRole("button", { name: "As usual" }).click();
      await group.getByRole("button", { name: "As usual" }).waitFor({ state: "detached" });
    }
    expect(await decisions("read")).toEqual(new Set(["allow"]));
    expect(await api.policies.list()).toHaveLength(1);
    expect(await addCard()).toHaveProperty("waiting");
  });

  it("tells which writes seem only to read; with a yes they run, and it can be taken back", async () => {
    const run = () => served().api.runs.operation({ slug: "staff", words: ["people", "search"] });
    await open("/integrations/staff");
    await page.getByRole("heading", { name: "2 operations seem only to read" }).waitFor();
    expect(await run()).toHaveProperty("waiting");
    await page.getByRole("button", { name: /^Yes, it only reads.*people search/ }).click();
    await page.getByRole("heading", { name: "One operation seems only to read" }).waitFor();
    expect(await run()).toMatchObject({ exitCode: 0 });

    await page.getByRole("button", { name: "people search", exact: true }).click();
    await page.getByRole("dialog").getByText("Counts as a read by a person’s yes").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Take that back" }).click();
    await page.getByRole("dialog").getByText("Counts as a read").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "2 operations seem only to read" }).waitFor();
    expect(await run()).toHaveProperty("waiting");
  });

  it("shows the difference of a newer document, takes it on a yes, and goes back", async () => {
    ledger.describe({
      paths: { ...readAndWrite("invoices", "Invoices, newest first"), ...readAndWrite("payers", "Who pays") },
    });
    await open("/integrations/ledger/versions");
    await page.getByRole("button", { name: "Look for a newer version" }).click();
    await page.getByRole("heading", { name: "Version 2 of Ledger waits for your yes" }).waitFor();
    await page.getByRole("region", { name: "New", exact: true }).getByText("payers create").waitFor();
    expect(await served().api.integrations.summary({ slug: "ledger" })).toMatchObject({ version: 1 });
    await page.getByRole("button", { name: "Use version 2" }).click();
    await page.getByRole("listitem").filter({ hasText: "Version 2" }).getByText("In use").waitFor();
    await page
      .getByRole("region", { name: "Difference of cli.ts" })
      .getByText(/"payers list"/)
      .waitFor();

    await page.getByRole("button", { name: "Go back to this version 1" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByText("payers create").waitFor();
    await question.getByRole("button", { name: "Go back" }).click();
    await page.getByText("Version 1 is in use again.").waitFor();
    expect(await served().api.integrations.summary({ slug: "ledger" })).toMatchObject({ version: 1 });
  });

  it("gives the three files to take along, the same as the server has", async () => {
    await open("/integrations/ledger/code");
    await page.getByRole("region", { name: "cli.ts" }).getByText("invoices list").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "All as zip" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("ledger-1.zip");
    const entries = unzipSync(new Uint8Array(await readFile(await download.path())));
    expect(Object.keys(entries)).toEqual(["ledger/cli.ts", "ledger/config.json", "ledger/instructions.md"]);
    const { files } = await served().api.integrations.files({ slug: "ledger" });
    expect(new TextDecoder().decode(entries["ledger/cli.ts"])).toBe(files[0]?.content);
    await page.getByRole("button", { name: "config.json" }).click();
    const [one] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save config.json" }).click(),
    ]);
    expect(one.suggestedFilename()).toBe("config.json");
    expect(await readFile(await one.path(), "utf8")).toBe(files[1]?.content);
  });

  it("tells how calls went, failures among them", async () => {
    ledger.answer = (_path, response) => void response.writeHead(501).end("down");
    await served().api.runs.operation({ slug: "ledger", words: ["invoices", "list"] });
    ledger.answer = (_path, response) => void response.writeHead(200, { "content-type": "application/json" }).end("[]");
    await open("/integrations/ledger/health");
    await page.getByRole("img", { name: /^Calls a day\. .*failed/ }).waitFor();
    await page
      .getByRole("row", { name: /invoices list.*501/ })
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Test now" }).click();
    await page.getByText("It answers:").first().waitFor();
    expect(await served().api.integrations.health({ slug: "ledger" })).toMatchObject({ failures: 1 });
  });

  it("shows what would be shared, and what speaks against it", async () => {
    await open("/integrations/ledger/sharing");
    await page.getByRole("heading", { name: "It is not offered as it is" }).waitFor();
    await page
      .getByRole("region", { name: /^Difference of .*cli\.ts$/ })
      .getByText("invoices list")
      .first()
      .waitFor();
    const { refused } = await served().api.integrations.offer({ slug: "ledger" });
    await page
      .getByText(refused[0] ?? "nothing speaks against it")
      .first()
      .waitFor();
    expect(await page.getByText("it has no community repository").count()).toBe(1);
  });

  it("is removed after a question, with its accounts", async () => {
    await open("/integrations/from-a-file");
    await page.getByRole("button", { name: "More for From a file" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { level: 1, name: "Integrations" }).waitFor();
    expect((await served().api.integrations.list()).map((one) => one.slug)).not.toContain("from-a-file");
    await open("/integrations/from-a-file");
    await page.getByRole("link", { name: "See what is here" }).waitFor();
  });
});

describe("activity", () => {
  it("shows what happened, by kind and by integration, with what was sent", async () => {
    await open("/activity");
    await page.getByRole("combobox", { name: "Integration" }).selectOption("ledger");
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("failed");
    const entry = page.getByRole("listitem").filter({ hasText: "invoices list" }).first();
    await entry.locator("summary").click();
    await entry.getByText("/v1/invoices").waitFor();
    await entry.getByText("status 501").waitFor();
    await page.getByRole("button", { name: "Show everything" }).click();
    await page.getByRole("combobox", { name: "What" }).selectOption("policy");
    await page.getByText('"boards create" never runs').first().waitFor();
    const others = page.getByRole("listitem").filter({ hasText: "invoices list" });
    await others.first().waitFor({ state: "detached" });
    expect(await others.count()).toBe(0);
  });

  it("goes further back, page by page, each entry once", async () => {
    for (let n = 0; n < 35; n += 1) {
      const { id } = await served().api.policies.add({ level: "tenant", operation: `things ${n}`, decision: "ask" });
      await served().api.policies.remove({ id });
    }
    const all = await served().api.activity.list({ kind: "policy", limit: 500 });
    await page.getByRole("combobox", { name: "What" }).selectOption("");
    await page.getByRole("combobox", { name: "What" }).selectOption("policy");
    const texts = () => page.locator(".entries .entry-what bdi").allTextContents();
    await expect.poll(texts).toEqual(all.entries.slice(0, 60).map((one) => one.text));
    await page.getByRole("button", { name: "Further back" }).click();
    await expect.poll(texts).toEqual(all.entries.map((one) => one.text));
    expect(await page.getByRole("button", { name: "Further back" }).count()).toBe(0);
  });

  it("is filtered by days", async () => {
    const day = (from: number) => new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10);
    const nothing = page.getByText("Nothing like that happened.");
    await page.getByLabel("From").fill(day(2));
    await nothing.waitFor();
    await page.getByLabel("From").fill(day(-2));
    await page.locator(".entries .entry").first().waitFor();
    await page.getByLabel("To", { exact: true }).fill(day(-2));
    await nothing.waitFor();
    await page.getByLabel("To", { exact: true }).fill(day(2));
    await page.locator(".entries .entry").first().waitFor();
    expect(await nothing.count()).toBe(0);
    await page.getByRole("button", { name: "Show everything" }).click();
  });

  it("tells what was asked for in vain", async () => {
    await page.getByRole("link", { name: "Most wanted" }).click();
    await page.getByText("1 of 1 times in vain").first().waitFor();
    expect(await page.getByRole("button", { name: /^Try again/ }).count()).toBe(1);
  });
});

describe("settings", () => {
  it("makes a key that is shown once, and revokes it", async () => {
    await open("/settings/keys");
    await page.getByLabel("Name of a new key").fill("nightly");
    await page.getByRole("button", { name: "Make a key" }).click();
    expect(await page.locator("code.secret").textContent()).toMatch(/^pbk_/);
    await page.reload();
    expect(await page.locator("code.secret").count()).toBe(0);
    await page.getByRole("button", { name: "Revoke nightly" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke nightly" }).waitFor({ state: "detached" });
  });

  it("adds a policy as a sentence and removes it", async () => {
    await open("/settings/policies");
    await page.getByLabel("Where").selectOption({ label: "Ledger, all accounts" });
    await page.getByLabel("Operation").fill("invoices *");
    await page.getByLabel("What happens").selectOption("deny");
    await page.getByRole("button", { name: "Add the policy" }).click();
    const line = page.getByRole("listitem").filter({ hasText: "invoices *" });
    await line.getByText("never runs").waitFor();
    expect(await served().api.integrations.operations({ slug: "ledger" })).toMatchObject([
      { decision: "deny" },
      { decision: "deny" },
    ]);
    await line.getByRole("button", { name: /^Remove/ }).click();
    await line.waitFor({ state: "detached" });
  });

  it("tells how to register an OAuth app, keeps it, and never shows its secret", async () => {
    await open("/settings/oauth-apps");
    await page.getByRole("button", { name: "Use my own Practice Boards" }).click();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the redirect URI" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${served().url}/oauth/callback/practice`);
    await page.getByLabel("Client id").fill("my-client");
    await page.getByLabel(/^Client secret/).fill("canary-77");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("my-client").waitFor();
    expect(await page.content()).not.toContain("canary-77");
    expect(JSON.stringify(await served().api.oauthApps.list())).not.toContain("canary-77");
    await page.getByRole("button", { name: "Change Practice Boards" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("ready to sign in without one of your own").waitFor();
  });
});

describe("a hostile document", () => {
  const evil = {
    openapi: "3.0.0",
    info: {
      title: "<img src=x onerror=window.stolen=1>\u202eecivres",
      version: "1",
      description: `[click](javascript:window.stolen=1) <script>window.stolen=1</script> ${"long ".repeat(300)}`,
    },
    externalDocs: { url: "javascript:window.stolen=1" },
    servers: [{ url: "https://evil.example" }],
    paths: Object.fromEntries(
      Array.from({ length: 1200 }, (_, index) => [
        `/things/${index}`,
        {
          get: {
            operationId: `thing-${index}`,
            summary:
              index === 0
                ? `</span><script>window.stolen=1</script>\u202e\u2066 ${"x".repeat(10_000_000)}`
                : `<b onmouseover=window.stolen=1>Thing</b> ${index}`,
            responses: { 200: { description: "ok" } },
          },
        },
      ]),
    ),
  };

  it("of 1,200 operations is text on every page of it, drawn a screen at a time", async () => {
    const { integration } = await served().api.integrations.create({ document: JSON.stringify(evil), name: "Evil" });
    const hostile = `/integrations/${integration.slug}`;
    for (const path of ["/integrations", hostile, `${hostile}/instructions`, `${hostile}/code`, `${hostile}/sharing`]) {
      await walk(page, path);
      expect(await page.evaluate(() => "stolen" in window)).toBe(false);
      expect(await page.locator('main a[href^="javascript:"], main script, main img[src="x"]').count()).toBe(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    }
    await open(hostile);
    const rows = page.locator(".operation");
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(80);
    await page.getByRole("searchbox", { name: "Search operations" }).fill("things 1199");
    await page.getByText(/1199/).first().waitFor();
  });

  it("lets the last of 1,200 operations be reached by scrolling", async () => {
    await page.getByRole("searchbox", { name: "Search operations" }).fill("");
    await page
      .locator("main [data-scroll]")
      .first()
      .evaluate((sheet) => sheet.scrollTo(0, sheet.scrollHeight));
    await page.locator('.operation[aria-posinset="1200"]').waitFor();
    expect(await page.locator(".operation").count()).toBeLessThan(80);
  });

  it("has its match in a hostile answer, with a line of ten million letters: the chat shows it as text", async () => {
    const row = { name: evil.info.title, link: "javascript:window.stolen=1", note: "x".repeat(10_000_000) };
    staff.answer = (_path, response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify([row]));
    await open("/");
    await page.getByLabel("What do you want to do?").fill("$ staff people list");
    await page.keyboard.press("Enter");
    await page.locator(".transcript[aria-busy=false] .agent").waitFor();
    await page.locator(".calls > summary").last().click();
    await page.locator(".requests summary").last().click();
    await page.getByText("the credential was added after this").waitFor();
    expect(await page.locator(".raw").textContent()).toContain("<img src=x");
    expect(await page.evaluate(() => "stolen" in window)).toBe(false);
    expect(await page.locator("main img, main script, a[href^='javascript:']").count()).toBe(0);
    expect(await page.locator("body").textContent()).not.toContain("\u202e");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    await page.getByLabel("What do you want to do?").fill("still here");
  });

  it("met no script error and broke no content-security rule, on any page", () => {
    expect(page.faults).toEqual([]);
  });
});

describe("for everybody", () => {
  const places = [
    "/integrations",
    "/integrations/practice",
    "/integrations/ledger/instructions",
    "/integrations/ledger/code",
    "/integrations/ledger/versions",
    "/integrations/ledger/health",
    "/integrations/ledger/sharing",
    "/integrations/not-here",
    "/activity",
    "/most-wanted",
    "/settings",
    "/settings/keys",
    "/settings/policies",
    "/settings/oauth-apps",
  ];

  it("axe finds nothing on any page, light and wide or dark and narrow, and nothing is wider", async () => {
    const own = await signedIn({ bypassCSP: true, reducedMotion: "reduce" });
    for (const place of places) {
      await walk(own, place);
      for (const [colorScheme, width] of [
        ["light", 1280],
        ["dark", 390],
      ] as const) {
        await own.emulateMedia({ colorScheme });
        await own.setViewportSize({ width, height: 844 });
        expect({ place, width, violations: await violations(own) }).toEqual({ place, width, violations: [] });
        expect(await own.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
    }
    await own.context().close();
  }, 60_000);
});

/** Goes to a page as a link on the page does, and waits until it is whole. */
async function walk(own: OpenedPage, place: string): Promise<void> {
  await own.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, place);
  await own.getByRole("heading", { level: 1 }).waitFor();
  await own.waitForFunction(() => document.querySelector("main .skeleton, main [aria-busy=true]") === null);
}
