import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sign } from "@octokit/webhooks-methods";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCommunityStage } from "../community-stage.ts";
import { violations } from "../testing/axe.ts";
import { type OpenedPage, realBrowser } from "../testing/browser.ts";
import { runningServer } from "../testing/running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "patchbay-page-"));
const community = await openCommunityStage(folder);
const publicName = "kanban.example.com";
const hosts = new Map<string, string>();
const served = runningServer({
  page: true,
  // So short that sign-ins have to be renewed while the story goes on.
  environment: { PRACTICE_TOKEN_SECONDS: "2", ...community.settings },
  stage: hosts,
});
const browser = realBrowser();
afterAll(async () => {
  await community.close();
  rmSync(folder, { recursive: true, force: true });
});

const changes = () =>
  served()
    .practice.log()
    .filter((entry) => entry.part === "api" && entry.method !== "GET" && entry.status < 400);

async function signedIn(options?: Parameters<typeof browser.open>[0]): Promise<OpenedPage> {
  const page = await browser.open(options);
  await page.goto((await served().api.sessions.link()).url);
  await page.getByRole("heading", { name: "What shall we connect?" }).waitFor();
  return page;
}

async function say(page: OpenedPage, text: string): Promise<void> {
  await page.getByLabel("What do you want to do?").fill(text);
  await page.keyboard.press("Enter");
}

/** Loads the page anew: the conversation is all there again, once. */
async function reloaded(page: OpenedPage): Promise<void> {
  const shown = () => page.locator(".transcript").textContent();
  await page.locator(".transcript[aria-busy=false], .approval[data-asks]").first().waitFor();
  const before = await shown();
  await page.reload();
  await expect.poll(shown).toBe(before);
}

/** The story of `npm run demo`, in order, by clicking, with a reload at every step. */
describe("a newcomer with a browser", () => {
  let page: OpenedPage;
  let conversation = "";
  beforeAll(async () => {
    page = await browser.open();
  });

  it("is asked to sign in, and is in with the link that was printed, which works once", async () => {
    await page.goto(served().url);
    await page.getByRole("heading", { name: "Sign in to Patchbay" }).waitFor();
    await page.goto(served().signInLink ?? "");
    await page.getByRole("heading", { name: "What shall we connect?" }).waitFor();
    expect(new URL(page.url()).search).toBe("");
    await page.getByText("guided model").first().waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "What shall we connect?" }).waitFor();

    const other = await browser.open();
    expect((await other.goto(served().signInLink ?? ""))?.status()).toBeGreaterThanOrEqual(400);
    await other.getByRole("alert").waitFor();
    await other.context().close();
  });

  it("asks for the practice service: a tool is written, its steps told, then the sign-in asked for", async () => {
    await page.getByRole("button", { name: "Try the practice service" }).click();
    await page.getByRole("region", { name: "Sign in to Practice Boards" }).waitFor();
    await reloaded(page);
    conversation = page.url();
    for (const step of ["found the document", "wrote the tool", "waiting for your sign-in"]) {
      await page.getByText(step).waitFor();
    }
    expect(await page.locator(".said").count()).toBe(1);
    expect(
      served()
        .practice.log()
        .some((entry) => entry.path === "/openapi.json"),
    ).toBe(true);
  });

  it("reads the tool that was written: its code, and that every write would ask", async () => {
    await page.getByRole("navigation", { name: "Patchbay" }).getByRole("link", { name: "Integrations" }).click();
    await page.getByRole("link", { name: "Practice Boards" }).click();
    await page.getByRole("button", { name: /^Writes/ }).click();
    const asks = page.locator(".operation").getByRole("button", { name: "Asks", exact: true });
    await asks.first().waitFor();
    expect(await asks.evaluateAll((all) => all.every((one) => one.getAttribute("aria-pressed") === "true"))).toBe(true);
    await page.getByRole("link", { name: "Code" }).click();
    await page.getByRole("region", { name: "cli.ts" }).getByText("@patchbay/kit").waitFor();
    await page.reload();
    await page.getByRole("region", { name: "cli.ts" }).getByText("@patchbay/kit").waitFor();
    await page.goBack();
    await page.goBack();
    await page.goBack();
    await page.getByRole("region", { name: "Sign in to Practice Boards" }).waitFor();
    expect(page.url()).toBe(conversation);
  });

  it("enters a wrong key, which is told; the form stays", async () => {
    const card = page.getByRole("region", { name: "Sign in to Practice Boards" });
    await card.getByRole("radio", { name: /board key/i }).check();
    // The help says where the key is, and its address can be clicked.
    const help = card.getByRole("link", { name: /\/keys/ }).first();
    expect(await help.getAttribute("rel")).toContain("noopener");
    await card.getByLabel(/^(x )?board key$/i).fill("bk_canary-34");
    await card.getByRole("button", { name: "Connect" }).click();
    await card.getByText("did not accept this sign-in").waitFor();
    expect(await served().api.connections.list()).toEqual([]);
    await page.reload();
    await card.getByRole("radio", { name: /board key/i }).waitFor();
    expect(await page.content()).not.toContain("canary-34");
  });

  it("signs in at the service; the card turns to connected, and the way back counts once", async () => {
    const [popup] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("button", { name: "Sign in with Practice Boards" }).click(),
    ]);
    // The service must not lead our page to another one meanwhile.
    await popup.getByRole("button", { name: "Ana" }).waitFor();
    expect(await popup.evaluate(() => window.opener === null)).toBe(true);
    const [back] = await Promise.all([
      popup.waitForRequest((request) => new URL(request.url()).pathname === "/oauth/callback/practice"),
      popup
        .getByRole("button", { name: "Ana" })
        .click()
        .then(() => popup.getByRole("button", { name: /allow/i }).click()),
    ]);
    await page.getByRole("region", { name: "Practice Boards is connected" }).waitFor();
    await page.getByText("first call worked").waitFor();
    await reloaded(page);
    expect(await served().api.connections.list()).toMatchObject([
      { label: "ana@practice.example", status: "connected" },
    ]);
    const again = await page.context().newPage();
    expect((await again.goto(back.url()))?.status()).toBe(400);
    await again.getByRole("alert").waitFor();
    await again.close();
    expect(await served().api.connections.list()).toHaveLength(1);
  });

  it("lists boards, and reads through a pipe into a file", async () => {
    await say(page, "list my boards");
    await page.getByRole("cell", { name: "Kitchen renovation" }).waitFor();
    expect(await page.getByRole("row").count()).toBeGreaterThan(2);
    await reloaded(page);
    await say(page, "$ practice boards list | jq -r '.[].name' | sort > names.txt; cat names.txt | head -1");
    const id = new URL(page.url()).pathname.slice(3);
    await expect.poll(() => served().api.conversations.files({ id })).toMatchObject([{ path: "names.txt" }]);
    const names = (await served().api.conversations.file({ id, path: "names.txt" })).text.trim().split("\n");
    expect(names.length).toBeGreaterThan(1);
    expect(names).toEqual(names.toSorted());
    await page
      .locator(".agent")
      .last()
      .getByText(names[0] ?? "")
      .waitFor();
    await reloaded(page);
  });

  it("is shown a write, says yes, and it happens once, as it was shown", async () => {
    const before = changes().length;
    await say(page, "$ practice boards create --name 'By hand'");
    const card = page.getByRole("region", { name: /Make a board/ });
    await card.getByText('"name": "By hand"').waitFor();
    await reloaded(page);
    expect(changes()).toHaveLength(before);
    await card.getByRole("button", { name: "Yes, send it" }).click();
    await card.getByText("You said yes.").waitFor();
    await page.getByText("brd_").last().waitFor();
    await reloaded(page);
    expect(changes().slice(before)).toMatchObject([
      { method: "POST", status: 201, body: { json: { name: "By hand" } } },
    ]);
  });

  it("says no to another, and nothing is sent", async () => {
    const before = changes().length;
    await say(page, "$ practice boards create --name 'Never'");
    await page.locator("[data-asks]").getByText("Never").first().waitFor();
    await reloaded(page);
    const card = page.getByRole("region", { name: /Make a board/ }).last();
    await card.getByRole("button", { name: "No" }).click();
    await card.getByText("You said no. Nothing was sent.").waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
    await reloaded(page);
    expect(changes()).toHaveLength(before);
  });

  it("answers on a second device what was asked on the first, and it is sent once", async () => {
    const before = changes().length;
    const phone = await signedIn({ viewport: { width: 390, height: 800 } });
    const address = page.url();
    await say(page, "$ practice boards create --name 'From afar'");
    await page.locator("[data-asks]").getByText("From afar").first().waitFor();
    await phone.goto(address);
    const card = phone.getByRole("region", { name: /Make a board/ }).last();
    await card.getByRole("button", { name: "Yes, send it" }).click();
    await page
      .getByRole("region", { name: /Make a board/ })
      .last()
      .getByText("You said yes.")
      .waitFor();
    await page.locator(".transcript[aria-busy=false]").waitFor();
    expect(changes()).toHaveLength(before + 1);
    expect(phone.faults).toEqual([]);
    await phone.context().close();
  });

  it("is told that a yes sends nothing by itself when the command that asked was stopped", async () => {
    const before = changes().length;
    await say(page, "$ practice boards create --name 'Stopped'");
    await page.locator("[data-asks]").getByText("Stopped").first().waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    const card = page.getByRole("region", { name: /Make a board/ }).last();
    await card.getByText("A yes now counts once, when the same is asked again within 15 minutes.").waitFor();
    await card.getByRole("button", { name: "Yes, when asked again" }).click();
    await card.getByText("You said yes; it is sent when the same is asked again.").waitFor();
    await page.reload();
    await card.getByText("You said yes; it is sent when the same is asked again.").waitFor();
    expect(changes()).toHaveLength(before);
  });

  it("sees the account on the integrations page, tests it, pauses it, and lets it go on", async () => {
    await page.getByRole("navigation", { name: "Patchbay" }).getByRole("link", { name: "Integrations" }).click();
    await page.getByRole("img", { name: "Practice Boards: connected and answering" }).waitFor();
    await page.getByRole("button", { name: /^Test/ }).click();
    await page.getByText("It answers:").waitFor();
    await page.getByRole("button", { name: "More for ana@practice.example" }).click();
    await page.getByRole("menuitem", { name: "Pause" }).click();
    await page.getByRole("button", { name: /^Resume/ }).waitFor();
    expect(await served().api.connections.list()).toMatchObject([{ enabled: false }]);
    await page.getByRole("button", { name: /^Resume/ }).click();
    await page.getByRole("button", { name: /^Test/ }).waitFor();
  });

  it("signs in by OAuth in a window that closes, and the page knows", async () => {
    await page.getByRole("button", { name: "Add account Practice Boards" }).click();
    const dialog = page.getByRole("dialog");
    // The window stands first and is chosen; what the document says of PKCE is not shown.
    expect(await dialog.getByRole("radio").first().isChecked()).toBe(true);
    await dialog.getByLabel("Sign in in a window", { exact: true }).check();
    expect(await dialog.getByText("PKCE").count()).toBe(0);
    const [popup] = await Promise.all([
      page.context().waitForEvent("page"),
      dialog.getByRole("button", { name: "Sign in with Practice Boards" }).click(),
    ]);
    await popup.getByRole("button", { name: "Ben Bauer" }).click();
    await popup.getByRole("button", { name: /allow/i }).click();
    await page.getByText("ben@practice.example").first().waitFor();
    await dialog.waitFor({ state: "detached" });
    expect(popup.isClosed() || (await popup.title()).startsWith("Connected")).toBe(true);
  });

  it("disconnects after a question whose No has the focus", async () => {
    const account = page.getByRole("listitem").filter({ hasText: "ben@practice.example" }).last();
    await account.getByRole("button", { name: /^More for/ }).click();
    await page.getByRole("menuitem", { name: "Disconnect" }).click();
    const question = page.getByRole("alertdialog");
    expect(await question.getByRole("button", { name: "Keep" }).evaluate((own) => own === document.activeElement)).toBe(
      true,
    );
    await question.getByRole("button", { name: "Disconnect" }).click();
    await account.waitFor({ state: "detached" });
    expect(await served().api.connections.list()).toHaveLength(1);
  });

  it("renames and deletes a conversation", async () => {
    await page
      .getByRole("navigation", { name: "Patchbay" })
      .getByRole("button", { name: /^More for/ })
      .click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByLabel("New name").fill("Boards");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Boards", exact: true }).waitFor();
    await page.getByRole("button", { name: "More for Boards" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name: "Boards", exact: true }).waitFor({ state: "detached" });
    expect((await served().api.conversations.list({})).map((one) => one.title)).not.toContain("Boards");
  });

  it("was signed in all the while, though the service let every sign-in end after two seconds", async () => {
    const renewed = served()
      .practice.log()
      .filter((entry) => entry.grantType === "refresh_token" && entry.status === 200);
    expect(renewed.length).toBeGreaterThan(0);
    expect(await served().api.connections.list()).toMatchObject([{ status: "connected" }]);
  });

  it("shares a tool that works: a pull request, which its page shows until it is taken", async () => {
    const { practice } = served();
    hosts.set(publicName, practice.url);
    const document = (await (await fetch(practice.documentUrl)).text())
      .replaceAll(practice.url, `https://${publicName}`)
      .replaceAll("Practice", "Demo");
    await page.goto(served().url);
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Add a file" }).click(),
    ]);
    await chooser.setFiles({ name: "demo.json", mimeType: "application/json", buffer: Buffer.from(document) });
    await page.getByRole("button", { name: "Send", exact: true }).click();
    const card = page.getByRole("region", { name: "Sign in to Demo Boards" });
    await card.getByRole("radio", { name: /board key/i }).check();
    await card.getByLabel(/^(x )?board key$/i).fill(practice.keys.apiKey);
    await card.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("region", { name: "Demo Boards is connected" }).waitFor();
    await page.getByRole("heading", { name: "Share tools that work with everyone?" }).waitFor();
    await reloaded(page);
    expect(community.github.pulls).toEqual([]);
    await page.getByRole("button", { name: "Yes, share them" }).click();
    await page.getByText("Tools that work are offered to").waitFor();
    await expect.poll(() => community.github.pulls.length).toBe(1);
    expect(community.github.pulls[0]?.body).not.toContain(practice.keys.apiKey);

    const tile = page.locator("li.tile").filter({ hasText: "Demo Boards" });
    const shows = async (status: string, words: string) => {
      await expect.poll(() => served().api.community.get()).toMatchObject({ offers: [{ status }] });
      await page.goto(`${served().url}/integrations`);
      await tile.getByText(words, { exact: true }).waitFor();
      return tile.getByRole("link", { name: /Pull request/ }).getAttribute("href");
    };
    expect(await shows("offered", "Offered")).toMatch(/\/pull\/1$/);
    await community.merge(1);
    const told = JSON.stringify({ action: "closed", pull_request: { number: 1 } });
    const headers = { "x-hub-signature-256": await sign("stage-secret", told), "content-type": "application/json" };
    await fetch(`${served().local}/community/webhook`, { method: "POST", body: told, headers });
    expect(await shows("approved", "Approved")).toMatch(/\/pull\/1$/);
  });

  it("met no script error and broke no content-security rule", async () => {
    expect(page.faults).toEqual([]);
    // And would have been told of one.
    await page.evaluate(() =>
      document.body.append(Object.assign(document.createElement("script"), { text: "window.stolen = 1" })),
    );
    await expect.poll(() => page.faults.join()).toMatch(/content.security.policy/i);
    expect(await page.evaluate(() => "stolen" in window)).toBe(false);
  });
});

describe("secrets typed on the page", () => {
  it("are in no conversation, list or log of the server", async () => {
    const told = JSON.stringify([
      await served().api.activity.list({ limit: 500 }),
      await served().api.connections.list(),
      await served().api.integrations.list(),
    ]);
    expect(told).not.toContain("canary-34");
    expect(told).not.toContain(served().practice.keys.apiKey);
  });
});

describe("a hostile text", () => {
  it("cannot make a link that runs a script", async () => {
    const { parseInline } = await import("../../contract/parse-markdown.ts");
    for (const href of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "//evil.example",
    ]) {
      expect(parseInline(`[click](${href})`).some((part) => part.type === "link")).toBe(false);
    }
  });
});

describe("for everybody", () => {
  async function inBothThemes(page: OpenedPage, place: string): Promise<string[]> {
    const found: string[] = [];
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 390],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      found.push(...(await violations(page)).map((one) => `${place}, ${colorScheme}: ${one}`));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) found.push(`${place}: ${wide} wide on ${width}`);
    }
    return found;
  }

  it("axe finds nothing on any page in either theme, and nothing is wider than the screen", async () => {
    const page = await signedIn({ bypassCSP: true, reducedMotion: "reduce" });
    for (const place of ["/", "/nothing-here", "/api"]) {
      await page.goto(`${served().url}${place}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await inBothThemes(page, place)).toEqual([]);
    }
  });

  it("is never higher than a low screen: what does not fit scrolls where it stands", async () => {
    const page = await signedIn({ viewport: { width: 1280, height: 400 } });
    const lowest = await page
      .getByLabel("What do you want to do?")
      .evaluate((own) => own.getBoundingClientRect().bottom);
    expect(lowest).toBeLessThanOrEqual(400);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(400);
  });

  it("keeps the keyboard where it was when a conversation begins", async () => {
    const page = await signedIn();
    await say(page, "$ echo here");
    await page.locator(".agent").getByText("here").waitFor();
    await page.keyboard.type("and on");
    expect(await page.getByLabel("What do you want to do?").inputValue()).toBe("and on");
  });

  it("nor on the pages for who is not signed in, which are drawn in the same font", async () => {
    const page = await browser.open({ bypassCSP: true, reducedMotion: "reduce" });
    for (const place of ["/sign-in", "/sign-in?link=pbl_wrong", "/oauth/callback/practice?code=x&state=gone"]) {
      await page.goto(`${served().url}${place}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await inBothThemes(page, place)).toEqual([]);
    }
    expect(
      await page.evaluate(async () => (await document.fonts.ready) && document.fonts.check('16px "Source Sans 3"')),
    ).toBe(true);
    expect(page.faults).toEqual([]);
  });
});
