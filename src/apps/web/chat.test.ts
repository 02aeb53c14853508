import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Asked, type Scripted, serveScriptedModel } from "../../llm/testing.ts";
import { consentLikeABrowser } from "../../practice/consent.ts";
import { violations } from "../testing/axe.ts";
import { breakableLine } from "../testing/breakable-line.ts";
import { type OpenedPage, realBrowser, watched } from "../testing/browser.ts";
import { runningServer } from "../testing/running-server.ts";

const model = await serveScriptedModel(speak);
const served = runningServer({ page: true, environment: { ALLOW_PRIVATE_HOSTS: new URL(model.url).host } });
const browser = realBrowser();
const sleeper = realBrowser();
afterAll(() => model.close());

let page: OpenedPage;
beforeAll(async () => {
  page = await signedIn();
});

async function signedIn(options?: Parameters<typeof browser.open>[0], by = browser): Promise<OpenedPage> {
  const opened = await by.open(options);
  await opened.goto((await served().api.sessions.link()).url);
  await opened.getByRole("heading", { name: "What shall we connect?" }).waitFor();
  return opened;
}

async function say(on: OpenedPage, text: string): Promise<void> {
  await on.getByLabel("What do you want to do?").fill(text);
  await on.keyboard.press("Enter");
}
const quiet = (on: OpenedPage) => on.locator(".transcript[aria-busy=false]").waitFor();
const question = (on: OpenedPage, name: string) => on.locator("[data-asks]").filter({ hasText: name });
const created = () =>
  served()
    .practice.log()
    .filter((one) => one.part === "api" && one.method === "POST").length;

/** The language model of the tests that set one: it runs what begins with `$`, and tells a story when asked for one. */
function speak({ last }: Asked): Scripted {
  const command = /^\$ (.*)$/m.exec(last)?.[1];
  if (command) return { blocks: [{ type: "tool_use", name: "bash", input: { command } }] };
  if (last.endsWith("connect another practice account")) {
    const input = { wish: "practice", another_account: true };
    return { blocks: [{ type: "tool_use", name: "connect", input }] };
  }
  if (last === "a long story") return { blocks: [{ type: "text", text: stories.long }], pauseMs: 100 };
  if (last === "a story") return { blocks: [{ type: "text", text: stories.short }], pauseMs: 80 };
  return { blocks: [{ type: "text", text: "So it is." }] };
}
const words = (count: number) => Array.from({ length: count }, (_, n) => `word${n}`).join(" ");
/** The long one takes more than ten seconds to be told, the short one three. */
const stories = { long: words(400), short: words(120) };

/** A conversation that has a chart in it. */
let drawn = "";

describe("signing in at a service, and what is asked for then", () => {
  it("takes a sign-in that was cancelled at the service as not yet: the card says why and asks again", async () => {
    await page.getByRole("button", { name: "Try the practice service" }).click();
    await page.getByRole("region", { name: "Sign in to Practice Boards" }).waitFor();
    const [popup] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("button", { name: "Sign in with Practice Boards" }).click(),
    ]);
    await popup.getByRole("button", { name: "Ben Bauer" }).click();
    await popup
      .getByRole("button", { name: /deny|cancel|refuse|not/i })
      .first()
      .click();
    await page.locator(".sign-in .problem").first().waitFor();
    expect(await served().api.connections.list()).toEqual([]);
    await page.reload();
    await page.getByRole("region", { name: "Sign in to Practice Boards" }).waitFor();
  });

  it("refuses the way back of a sign-in that was never begun", async () => {
    const tab = watched(await page.context().newPage());
    await tab.goto(`${served().url}/oauth/callback/practice?code=stolen&state=long-gone`);
    await tab.getByRole("alert").waitFor();
    expect(await served().api.connections.list()).toEqual([]);
    await tab.close();
  });

  it("refuses the way back of one that took longer than ten minutes; the card says so and can begin again", async () => {
    const [popup] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("button", { name: "Sign in with Practice Boards" }).click(),
    ]);
    const there = await page.getByRole("link", { name: "Open it again" }).getAttribute("href");
    const back = await consentLikeABrowser(there ?? "", { person: "ben", allow: true });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * 60_000 });
    try {
      await popup.goto(back);
      await popup.getByRole("alert").waitFor();
      await page.locator(".sign-in .problem").getByText("You are not signed in to Practice Boards yet").waitFor();
    } finally {
      vi.useRealTimers();
    }
    expect(await served().api.connections.list()).toEqual([]);
    await popup.close();
  });

  it("turns to connected by itself when the sign-in is completed in another tab", async () => {
    const [popup] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("button", { name: "Sign in with Practice Boards" }).click(),
    ]);
    // Closed in the instant in which it opens.
    await popup.close();
    const [tab] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Open it again" }).click(),
    ]);
    await tab.getByRole("button", { name: "Ben Bauer" }).waitFor();
    expect(await tab.evaluate(() => window.opener === null)).toBe(true);
    await tab.getByRole("button", { name: "Ben Bauer" }).click();
    await tab.getByRole("button", { name: /allow/i }).click();
    await page.getByRole("region", { name: "Practice Boards is connected" }).waitFor();
    await page.getByText("first call worked").waitFor();
    await quiet(page);
    await page.reload();
    await page.getByRole("region", { name: "Practice Boards is connected" }).waitFor();
    expect(await served().api.connections.list()).toMatchObject([{ label: "ben@practice.example" }]);
  });

  it("shows a list as a table that can be sorted, and the raw request behind it", async () => {
    await say(page, "list my boards");
    const names = page.locator(".markdown tbody tr td:first-child");
    await names.first().waitFor();
    await quiet(page);
    await page.reload();
    await names.first().waitFor();
    const before = await names.allTextContents();
    await page.locator(".markdown").getByRole("button", { name: "name" }).click();
    expect(await names.allTextContents()).toEqual(before.toSorted());
    await page.locator(".calls > summary").last().click();
    const request = page.locator(".requests summary").last();
    await request.click();
    await page.getByText("the credential was added after this").last().waitFor();
    await page.locator(".raw code").filter({ hasText: '"name"' }).last().waitFor();
    expect(await page.locator(".transcript").textContent()).not.toMatch(/Bearer|pbg_/);
  });

  it("counts what is listed and draws it, with the numbers in a table", async () => {
    await say(page, "count them by archived");
    const picture = page.locator("figure.chart");
    await picture.getByText(/boards by archived/).waitFor();
    expect(await picture.getByRole("img").getAttribute("aria-label")).toMatch(/^Bars: \d+ values, most/);
    drawn = page.url();
    await picture.getByText("The numbers").click();
    await picture.getByRole("table").waitFor();
  });

  it("asks in a sentence before a write; y says yes, and it is sent once, also over a reload", async () => {
    const before = created();
    await say(page, "$ practice boards create --name 'By key'");
    await question(page, "By key").waitFor();
    await page.reload();
    const card = question(page, "By key");
    await card.getByRole("heading", { name: /Make a board: By key/ }).waitFor();
    expect(created()).toBe(before);
    const buttons = await card
      .locator(".pair button")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    expect(buttons[0]).toBe(buttons[1]);
    expect(await card.locator(".pair button:focus").count()).toBe(0);
    await card.focus();
    await page.keyboard.press("y");
    await page.getByText("You said yes.").last().waitFor();
    await page.waitForFunction(() => document.activeElement?.matches(".transcript"));
    await quiet(page);
    await page.reload();
    await page.getByText("You said yes.").last().waitFor();
    expect(created()).toBe(before + 1);
  });
});

describe("with others looking", () => {
  it("two tabs show the same once, and an answer in one counts in both", async () => {
    const other = watched(await page.context().newPage());
    await other.goto(page.url());
    await say(page, "$ practice boards create --name 'Two tabs'");
    await question(other, "Two tabs").getByRole("button", { name: "No" }).click();
    await page.locator(".decided").filter({ hasText: "Two tabs" }).getByText("You said no.").waitFor();
    await quiet(other);
    await quiet(page);
    const shown = (on: OpenedPage) => on.locator(".transcript").textContent();
    await expect.poll(() => shown(other)).toBe(await shown(page));
    expect(await page.locator(".said").filter({ hasText: "Two tabs" }).count()).toBe(1);
    expect(other.faults).toEqual([]);
    await other.close();
  });

  it("seven tabs are no trouble: one that is not looked at holds no connection, and catches up", async () => {
    const own = await signedIn();
    // Without a screen every tab counts as looked at; these are told otherwise.
    await own.context().addInitScript(() => {
      let state = "visible";
      Object.defineProperty(document, "visibilityState", { get: () => state });
      addEventListener("patchbay-test:look", (event) => {
        state = (event as CustomEvent<string>).detail;
        document.dispatchEvent(new Event("visibilitychange"));
      });
    });
    const look = (tab: Page, state: "visible" | "hidden") =>
      tab.evaluate((detail) => void dispatchEvent(new CustomEvent("patchbay-test:look", { detail })), state);
    const open = async () => {
      const tab = await own.context().newPage();
      await tab.clock.install();
      await tab.goto(drawn);
      await tab.locator("figure.chart").waitFor();
      return tab;
    };
    const first = await open();
    for (let tab = first, n = 1; n <= 6; n += 1, tab = await open()) {
      await look(tab, "hidden");
      await tab.clock.fastForward(10_000);
    }
    const seventh = own.context().pages().at(-1);
    await seventh?.getByLabel("What do you want to do?").fill("$ echo from-the-seventh");
    await seventh?.keyboard.press("Enter");
    await seventh?.locator(".agent").filter({ hasText: "from-the-seventh" }).waitFor();
    expect(await first.getByText("from-the-seventh").count()).toBe(0);
    await look(first, "visible");
    await first.locator(".agent").filter({ hasText: "from-the-seventh" }).waitFor();
    expect(await first.getByText("The connection is lost").count()).toBe(0);
    await own.context().close();
  });

  it("what a script asks stands under Waiting for you, and can be answered there", async () => {
    const asked = await served().rest("/run", { slug: "practice", words: ["boards", "create", "--name", "By script"] });
    expect(asked.body).toMatchObject({ waiting: { status: "pending" } });
    await page.getByRole("link", { name: /^Waiting for you/ }).click();
    const card = question(page, "By script");
    await card.getByText("by a script or another program").waitFor();
    await card.getByRole("button", { name: "No" }).click();
    await page.getByText("Nothing waits.").waitFor();
    await page.goBack();
  });
});

describe("the person's own words", () => {
  it("take a file along: a CSV is shown as a table", async () => {
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Add a file" }).click(),
    ]);
    await chooser.setFiles({
      name: "my numbers.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("city,count\nRiga,7\nOslo,12\n"),
    });
    await page.getByLabel("Files to send").getByText("my numbers.csv").waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("cell", { name: "Riga" }).waitFor();
    await page.getByRole("button", { name: "Open as file my-numbers.csv" }).waitFor();
    await quiet(page);
    expect(await page.getByLabel("Files to send").count()).toBe(0);
  });

  it("take along a file that is dropped on them", async () => {
    const file = join(served().folder, "dropped.csv");
    writeFileSync(file, "river,km\nDaugava,1020\nGlomma,621\n");
    const devtools = await page.context().newCDPSession(page);
    const drag = (type: "dragEnter" | "dragOver" | "drop") =>
      devtools.send("Input.dispatchDragEvent", {
        type,
        x: 700,
        y: 300,
        data: { items: [], files: [file], dragOperationsMask: 1 },
      });
    await drag("dragEnter");
    await page.getByText("Drop it here").waitFor();
    await drag("dragOver");
    await drag("drop");
    await page.getByText("Drop it here").waitFor({ state: "detached" });
    await page.getByLabel("Files to send").getByText("dropped.csv").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("cell", { name: "Daugava" }).waitFor();
    await quiet(page);
    expect(await page.getByLabel("Files to send").count()).toBe(0);
  });

  it("refuse a file that is no text, and say what to do", async () => {
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Add a file" }).click(),
    ]);
    await chooser.setFiles({ name: "photo.png", mimeType: "image/png", buffer: Buffer.from([0x89, 0x50, 0, 0, 1]) });
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page
      .getByRole("alert")
      .filter({ hasText: "photo.png is not a text. Send CSV, JSON, YAML or plain text." })
      .waitFor();
    await page.getByRole("button", { name: "Leave out photo.png" }).click();
    expect(await page.getByLabel("Files to send").count()).toBe(0);
  });

  it("can be said anew, which leaves behind what came after them", async () => {
    await say(page, "$ echo first-try");
    await page.locator(".agent").filter({ hasText: "first-try" }).waitFor();
    await quiet(page);
    const message = page.locator(".said-row").filter({ hasText: "first-try" });
    await message.hover();
    await message.getByRole("button", { name: "Edit and send again" }).click();
    await page.getByLabel("Your message, to be sent again").fill("$ echo second-try");
    await page.keyboard.press("Enter");
    await page.locator(".agent").filter({ hasText: "second-try" }).waitFor();
    await quiet(page);
    expect(await page.getByText("first-try").count()).toBe(0);
    await page.reload();
    await page.locator(".agent").filter({ hasText: "second-try" }).waitFor();
    expect(await page.getByText("first-try").count()).toBe(0);
  });

  it("have an address that can be copied, and shows the same elsewhere", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const line = page
      .getByRole("navigation")
      .getByRole("listitem")
      .filter({ has: page.locator("[aria-current=page]") });
    await line.getByRole("button", { name: /^More for/ }).click();
    await page.getByRole("menuitem", { name: "Copy link" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(page.url());
    const elsewhere = await signedIn();
    await elsewhere.goto(copied);
    await elsewhere.locator(".agent").filter({ hasText: "second-try" }).waitFor();
    await elsewhere.context().close();
  });

  it("are copied also where the browser keeps its clipboard from the page", async () => {
    const own = await browser.open();
    // As it is on a page that came over plain http from another machine.
    await own.addInitScript(() => Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined }));
    await own.goto((await served().api.sessions.link()).url);
    await own.goto(page.url());
    const message = own.locator(".said-row").filter({ hasText: "second-try" });
    await message.hover();
    await message.getByRole("button", { name: "Copy your message" }).click();
    await message.getByRole("button", { name: "Copied" }).waitFor();
    await own.getByLabel("What do you want to do?").focus();
    await own.keyboard.press("ControlOrMeta+v");
    expect(await own.getByLabel("What do you want to do?").inputValue()).toBe("$ echo second-try");
    expect(own.faults).toEqual([]);
    await own.context().close();
  });

  it("are found again by a search in the list of conversations", async () => {
    const search = page.getByLabel("Search conversations");
    await search.fill("second-try");
    await page.locator(".conversations a").first().waitFor();
    await search.fill("no such words anywhere");
    await page.getByText("No conversation holds these words.").waitFor();
    expect(await page.locator(".conversations a").count()).toBe(0);
    await search.fill("");
    await page.locator(".conversations a").first().waitFor();
  });
});

describe("what others wrote", () => {
  const evil = `<img src=x onerror="window.stolen=1"><script>window.stolen=1</script> [a](javascript:window.stolen=1) \u202Etxt.exe`;

  it("stays text: HTML, scripts, script links and turned reading in a result", async () => {
    await say(page, `$ printf '%s' '${evil}'`);
    const text = page.locator(".agent").filter({ hasText: "onerror" });
    await text.waitFor();
    await quiet(page);
    await page.locator(".calls > summary").last().click();
    expect(await page.evaluate(() => "stolen" in window)).toBe(false);
    expect(await page.locator(".transcript img, .transcript script, .transcript a[href^=javascript]").count()).toBe(0);
    expect(await text.textContent()).not.toContain("\u202E");
  });

  it("stays text as the name of a conversation", async () => {
    const { id } = await served().api.conversations.create({ title: evil });
    await page.reload();
    await page.locator(`.conversations a[href="/c/${id}"]`).getByText("onerror").waitFor();
    expect(await page.evaluate(() => "stolen" in window)).toBe(false);
    expect(await page.locator("nav img, nav script, a[href^=javascript]").count()).toBe(0);
    await served().api.conversations.delete({ id });
  });

  it("a line of ten million letters neither stops the page nor widens it", async () => {
    await say(page, "$ head -c 10000000 /dev/zero | tr '\\0' 'x'");
    await page.locator(".calls").last().locator("> summary").click();
    await quiet(page);
    const field = page.getByLabel("What do you want to do?");
    await field.fill("still here");
    expect(await field.inputValue()).toBe("still here");
    await field.fill("");
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  it("a hostile document renders harmless: its names, its help and its links", async () => {
    const document = {
      openapi: "3.1.0",
      info: { title: `Evil ${evil}`, version: "1", description: evil },
      servers: [{ url: "https://evil.example" }],
      externalDocs: { url: "javascript:window.stolen=1" },
      paths: {
        "/things": { get: { operationId: "listThings", summary: evil, responses: { 200: { description: evil } } } },
      },
      components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key", description: evil } } },
      security: [{ key: [] }],
    };
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Add a file" }).click(),
    ]);
    await chooser.setFiles({
      name: "evil.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(document)),
    });
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("region", { name: "Sign in to Evil" }).waitFor();
    await quiet(page);
    expect(await page.evaluate(() => "stolen" in window)).toBe(false);
    expect(await page.locator(".transcript img, .transcript script, .transcript a[href^=javascript]").count()).toBe(0);
    expect(await page.locator(".transcript").textContent()).not.toContain("\u202E");
  });
});

describe("a language model", () => {
  const setKey = async (key: string, server: string) => {
    await page.goto(served().url);
    await page.getByText("No language model is set up").click();
    await page.getByLabel("API key").fill(key);
    await page.getByText("Another model, another server").click();
    await page.getByLabel("Server").fill(server);
    await page.getByRole("button", { name: "Save the key" }).click();
  };

  it("whose key is not accepted is told on the first screen, and no key kept", async () => {
    await setKey("sk-canary-55", "http://127.0.0.1:9");
    await page.getByRole("alert").waitFor();
    expect((await served().api.settings.get()).model.source).toBe("none");
    expect(await page.content()).not.toContain("sk-canary-55");
  });

  it("answers from the moment in which its key is set on the page", async () => {
    await setKey("sk-canary-56", model.url);
    await page.getByText("No language model is set up").waitFor({ state: "detached" });
    expect(await served().api.settings.get()).toMatchObject({ model: { source: "page", baseUrl: model.url } });
    await say(page, "how is it?");
    await page.locator(".agent").getByText("So it is.").waitFor();
    expect(model.requests.at(-1)?.headers.authorization).toBe("Bearer sk-canary-56");
    expect(JSON.stringify([await served().api.settings.get(), await page.content()])).not.toContain("sk-canary-56");
  });
});

describe.concurrent("in the middle of an answer", { timeout: 60_000 }, () => {
  const told = (on: OpenedPage) => on.locator(".agent").last().textContent();
  const begins = async (on: OpenedPage, story: string) => {
    await say(on, story);
    await on
      .locator(".agent")
      .getByText(/word2 /)
      .waitFor();
  };
  /** Word for word the same, once, and after a reload too. */
  const endsWhole = async (on: OpenedPage, story: string) => {
    await quiet(on);
    expect(await told(on)).toBe(story);
    await on.reload();
    await on.locator(".agent").waitFor();
    await quiet(on);
    expect(await told(on)).toBe(story);
    expect(await on.locator(".said").count()).toBe(1);
    expect(on.faults).toEqual([]);
    await on.context().close();
  };

  it("ten seconds without a network leave no gap and no double", async () => {
    const own = await signedIn();
    await begins(own, "a long story");
    await own.context().setOffline(true);
    const lost = own.getByText("The connection is lost");
    await lost.waitFor();
    await own.waitForTimeout(1000);
    const before = await told(own);
    await own.waitForTimeout(9000);
    expect(await told(own)).toBe(before);
    expect(await lost.isVisible()).toBe(true);
    await own.context().setOffline(false);
    await lost.waitFor({ state: "detached" });
    await endsWhole(own, stories.long);
  });

  it("a line that falls silent without a word is noticed, and what was missed is fetched", async ({ expect }) => {
    const line = await breakableLine(served().local);
    const own = await browser.open();
    await own.clock.install();
    await own.goto((await served().api.sessions.link()).url.replace(served().url, line.url));
    await begins(own, "a story");
    line.fallSilent();
    // Other connections that lie ready in the browser are as dead as the stream: each is found out in its turn.
    const later = async () => {
      await own.clock.fastForward(6_000);
      return told(own);
    };
    await expect.poll(later, { timeout: 20_000, interval: 500 }).toBe(stories.short);
    await endsWhole(own, stories.short);
    await line.close();
  });

  it("a page that slept shows once what was said meanwhile", async ({ expect }) => {
    const own = await signedIn({}, sleeper);
    await own.evaluate(() => {
      let last = performance.now();
      const asleep = { ms: 0 };
      Object.assign(window, { asleep });
      setInterval(() => {
        asleep.ms = Math.max(asleep.ms, performance.now() - last);
        last = performance.now();
      }, 50);
    });
    await begins(own, "a story");
    const id = new URL(own.url()).pathname.slice(3);
    const isTold = async () => !(await served().api.conversations.list({})).find((one) => one.id === id)?.running;
    await sleeper.asleep(() => Promise.all([wait(1500), expect.poll(isTold, { timeout: 20_000 }).toBe(true)]));
    await quiet(own);
    expect(await own.evaluate(() => (window as unknown as { asleep: { ms: number } }).asleep.ms)).toBeGreaterThan(1000);
    await endsWhole(own, stories.short);
  });
});

describe("for everybody", () => {
  it("axe finds nothing in a conversation or where questions wait, in either theme", async () => {
    const own = await signedIn({ bypassCSP: true, reducedMotion: "reduce" });
    await own.goto(drawn);
    await own.locator("figure.chart").waitFor();
    await say(own, "$ practice boards create --name 'Axe'");
    await question(own, "Axe").waitFor();
    await own.locator(".calls > summary").last().click();
    expect(await inBothThemes(own)).toEqual([]);
    await own.goto(`${served().url}/waiting`);
    await question(own, "Axe").waitFor();
    expect(await inBothThemes(own)).toEqual([]);
    await question(own, "Axe").getByRole("button", { name: "No" }).click();
    await own.context().close();
  });

  it("a phone: connects with a key, lists, is asked, and nothing is wider than the screen", async () => {
    const phone = await signedIn({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
    await say(phone, "connect another practice account");
    const card = phone.getByRole("region", { name: "Sign in to Practice Boards" });
    await card.getByRole("radio", { name: /board key/i }).check();
    await card.getByLabel(/^(x )?board key$/i).fill(served().practice.keys.apiKey);
    await card.getByRole("button", { name: "Connect" }).click();
    await phone.getByRole("region", { name: "Practice Boards is connected" }).waitFor();
    await quiet(phone);
    await say(phone, "$ practice boards list");
    await phone.locator(".agent").last().getByText("So it is.").waitFor();
    await phone.locator(".calls > summary").last().tap();
    await phone.locator(".calls td").first().waitFor();
    await say(phone, "$ practice boards create --name 'On a phone'");
    await question(phone, "On a phone").getByRole("button", { name: "Yes, send it" }).tap();
    await phone.getByText("You said yes.").waitFor();
    const small = await phone.evaluate(
      () =>
        [...document.querySelectorAll("button, summary, .rail-item")]
          .map((one) => one.getBoundingClientRect())
          .filter((box) => box.width > 0 && box.height > 0 && box.height < 30).length,
    );
    expect(small).toBe(0);
    for (const place of ["Integrations", "Activity", "Settings"]) {
      expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await phone.getByRole("button", { name: "Conversations and pages" }).tap();
      await phone.getByRole("link", { name: place }).tap();
      await phone.getByRole("heading", { level: 1, name: place }).waitFor();
    }
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);

    await phone.getByRole("button", { name: "Conversations and pages" }).tap();
    await phone
      .getByRole("button", { name: /^More for/ })
      .first()
      .tap();
    await phone.getByRole("menuitem", { name: "Rename" }).tap();
    await phone.getByLabel("New name").fill("By thumb");
    await phone.getByRole("button", { name: "Rename" }).tap();
    await phone.getByRole("link", { name: "By thumb" }).first().waitFor();
    expect(phone.faults).toEqual([]);
    await phone.context().close();
  });
});

describe("all the while", () => {
  it("met no script error and broke no content-security rule all the while", () => {
    expect(page.faults).toEqual([]);
  });
});

async function inBothThemes(on: OpenedPage): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await on.emulateMedia({ colorScheme });
    found.push(...(await violations(on)).map((one) => `${colorScheme}: ${one}`));
  }
  return found;
}
