import { beforeAll, describe, expect, it } from "vitest";
import { violations } from "../testing/axe.ts";
import { type OpenedPage, realBrowser } from "../testing/browser.ts";
import { runningServer } from "../testing/running-server.ts";

const served = runningServer({ page: true });
const browser = realBrowser();

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

/** One story, in order, by clicking. */
describe("a newcomer with a browser", () => {
  let page: OpenedPage;
  beforeAll(async () => {
    page = await browser.open();
  });

  it("is asked to sign in, and is in with the link that was printed", async () => {
    await page.goto(served().url);
    await page.getByRole("heading", { name: "Sign in to Patchbay" }).waitFor();
    await page.goto(served().signInLink ?? "");
    await page.getByRole("heading", { name: "What shall we connect?" }).waitFor();
    expect(new URL(page.url()).search).toBe("");
    await page.getByText("guided model").first().waitFor();
  });

  it("connects the practice service by key; a wrong one is told, the form stays", async () => {
    await page.getByRole("button", { name: "Try the practice service" }).click();
    const card = page.getByRole("region", { name: "Sign in to Practice Boards" });
    await card.getByRole("radio", { name: /board key/i }).check();
    // The help says where the key is, and its address can be clicked.
    expect(
      await card
        .getByRole("link", { name: /\/keys/ })
        .first()
        .getAttribute("rel"),
    ).toContain("noopener");
    await card.getByLabel(/^(x )?board key$/i).fill("bk_canary-34");
    await card.getByRole("button", { name: "Connect" }).click();
    await card.getByText("did not accept this sign-in").waitFor();
    expect(await served().api.connections.list()).toEqual([]);

    await card.getByLabel(/^(x )?board key$/i).fill(served().practice.keys.apiKey);
    await card.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("region", { name: "Practice Boards is connected" }).waitFor();
    await page.getByText("What would you like to see?").first().waitFor();
    expect(await served().api.connections.list()).toMatchObject([
      { label: "ana@practice.example", status: "connected" },
    ]);
  });

  it("lists boards", async () => {
    await say(page, "list my boards");
    await page.getByRole("cell", { name: "Kitchen renovation" }).waitFor();
    expect(await page.getByRole("row").count()).toBeGreaterThan(2);
  });

  it("is shown a write, says yes, and it happens once", async () => {
    const before = changes().length;
    await say(page, "$ practice boards create --name 'By hand'");
    const card = page.getByRole("region", { name: /Make a board/ });
    await card.getByText('"name": "By hand"').waitFor();
    expect(changes()).toHaveLength(before);
    await card.getByRole("button", { name: "Yes, send it" }).click();
    await card.getByText("You said yes.").waitFor();
    await page.getByText("brd_").last().waitFor();
    expect(changes()).toHaveLength(before + 1);
  });

  it("says no to another after a reload, and nothing is sent", async () => {
    const before = changes().length;
    await say(page, "$ practice boards create --name 'Never'");
    await page.locator("[data-asks]").getByText("Never").first().waitFor();
    await page.reload();
    const card = page.getByRole("region", { name: /Make a board/ }).last();
    await card.getByRole("button", { name: "No" }).click();
    await card.getByText("You said no. Nothing was sent.").waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
    expect(changes()).toHaveLength(before);
  });

  it("finds everything again after a reload, once", async () => {
    await page.reload();
    await page.getByRole("cell", { name: "Kitchen renovation" }).waitFor();
    expect(await page.getByText("connect me to the practice service", { exact: true }).count()).toBeLessThanOrEqual(2);
    expect(await page.getByRole("cell", { name: "Kitchen renovation" }).count()).toBe(1);
    expect(await page.getByRole("region", { name: /Make a board/ }).count()).toBe(2);
  });

  it("answers on a second device what was asked on the first", async () => {
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
    expect(phone.faults).toEqual([]);
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
    await page.getByRole("link", { name: "Integrations" }).click();
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

  it("met no script error and broke no content-security rule", () => {
    expect(page.faults).toEqual([]);
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
  it("in a tool's result stays text", async () => {
    const page = await signedIn();
    await say(page, `$ echo '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>'`);
    await page.locator(".calls > summary").last().click();
    await page.getByText("<img src=x").last().waitFor();
    expect(await page.evaluate(() => "stolen" in window)).toBe(false);
    expect(await page.locator(".transcript img, .transcript script").count()).toBe(0);
  });

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
    for (const place of ["/", "/integrations", "/settings", "/nothing-here", "/api"]) {
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
