import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { openHouse } from "../../src/apps/assemble.ts";
import { readSettings } from "../../src/apps/env.ts";
import { connectTo } from "../../src/apps/cli/client.ts";
import { startServer } from "../../src/apps/server/start.ts";
import { launchBrowser } from "../../src/apps/testing/launch-browser.ts";
import type { ChatEventBody } from "../../src/contract/chat.ts";
import { serveScriptedModel } from "../../src/llm/testing.ts";
import { median, percentile } from "./figures.ts";
import type { Bench, Row } from "./main.ts";

const manyEvents = 2000;
const lastWords = "These were the last words of a long conversation.";

/** The page in a real browser on loopback: what it weighs, when it shows, whether it jumps, a long conversation, a fast answer. */
export const bench: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  const settings = { DATA_DIR: folder, PORT: "0", PRACTICE_PORT: "0" };
  const model = await serveScriptedModel(() => ({ blocks: [{ type: "text", text: longAnswer() }], pauseMs: 5 }));
  const browser = await launchBrowser();
  try {
    const conversationId = await longConversation(settings);
    const server = await startServer(
      readSettings({ ...settings, ANTHROPIC_API_KEY: "bench", ANTHROPIC_BASE_URL: model.url }),
      { page: true, anyPort: true, quiet: true },
    );
    try {
      const api = connectTo({ url: server.local, token: server.token });
      const cookies = await signIn(browser, (await api.sessions.link()).url);
      const open = async () => {
        const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, storageState: cookies });
        const page = await context.newPage();
        await page.addInitScript(watch);
        return page;
      };
      return {
        title: `Page, in Chromium ${browser.version()} on loopback`,
        rows: [
          ...(await firstVisit(open, server.local)),
          ...(await longOne(open, `${server.local}/c/${conversationId}`)),
          ...(await fastAnswer(open, server.local)),
        ],
      };
    } finally {
      await server.close();
    }
  } finally {
    await browser.close();
    await model.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

async function signIn(browser: Browser, link: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

/** Gathers, from the first moment on, what the browser tells of painting, jumping and being busy. */
function watch(): void {
  const seen = { shift: 0, long: [] as number[], frames: [] as number[] };
  Object.assign(window, { seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
      if (!entry.hadRecentInput) seen.shift += entry.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.long.push(duration);
  }).observe({ type: "longtask", buffered: true });
}
type Seen = { shift: number; long: number[]; frames: number[] };
const seenOn = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

async function firstVisit(open: () => Promise<Page>, url: string): Promise<Row[]> {
  const paints: number[] = [];
  const blocked: number[] = [];
  let scripts = 0;
  let shift = 0;
  for (let round = 0; round < 5; round += 1) {
    const page = await open();
    await page.goto(url);
    await page.getByLabel("What do you want to do?").waitFor();
    await page.getByRole("heading", { level: 1 }).waitFor();
    const facts = await page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
      scripts: (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
        .filter(({ name }) => name.endsWith(".js"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    }));
    await page.waitForTimeout(700);
    const seen = await seenOn(page);
    paints.push(facts.paint);
    blocked.push(seen.long.reduce((sum, ms) => sum + Math.max(0, ms - 50), 0));
    scripts = facts.scripts;
    shift = Math.max(shift, seen.shift);
    await page.context().close();
  }
  return [
    { name: "JavaScript to the first usable chat, compressed", value: scripts / 1000, unit: "kB", aim: "180" },
    { name: "first contentful paint, median", value: median(paints), unit: "ms" },
    { name: "total blocking time, median", value: median(blocked), unit: "ms" },
    { name: "layout shift, worst", value: shift, unit: "", aim: "0" },
  ];
}

async function longOne(open: () => Promise<Page>, address: string): Promise<Row[]> {
  const opened: number[] = [];
  let page = await open();
  for (let round = 0; round < 3; round += 1) {
    await page.context().close();
    page = await open();
    await page.goto(address);
    await page.getByText(lastWords).waitFor();
    opened.push(await page.evaluate(() => performance.now()));
  }
  await page.waitForTimeout(500);
  // From the key to the frame that shows it.
  await page.evaluate(() => {
    const { seen } = window as unknown as { seen: Seen };
    addEventListener("keydown", () => {
      const pressed = performance.now();
      requestAnimationFrame(() => setTimeout(() => seen.frames.push(performance.now() - pressed)));
    });
  });
  await page.getByLabel("What do you want to do?").focus();
  await page.keyboard.type("does this still type without a lag in a conversation this long?", { delay: 30 });
  const keys = (await seenOn(page)).frames;
  await page.context().close();
  return [
    {
      name: `conversation of ${manyEvents} events, from its address to its end, median`,
      value: median(opened),
      unit: "ms",
      aim: "1,000",
    },
    { name: "a key typed there, to its frame, 95 %", value: percentile(keys, 0.95), unit: "ms", aim: "50" },
  ];
}

async function fastAnswer(open: () => Promise<Page>, url: string): Promise<Row[]> {
  const page = await open();
  await page.goto(url);
  await page.getByLabel("What do you want to do?").fill("say a lot");
  await page.keyboard.press("Enter");
  await page.locator(".agent").waitFor();
  await page.evaluate(() => {
    const { seen } = window as unknown as { seen: Seen };
    let last = performance.now();
    const frame = (now: number) => {
      seen.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await page.waitForTimeout(4000);
  const { frames } = await seenOn(page);
  const [letters = 0] = [await page.locator(".agent").evaluate((own) => own.textContent?.length ?? 0)];
  await page.context().close();
  // A frame of 60 in a second that came a whole frame late.
  const dropped = frames.slice(1).filter((ms) => ms > 34).length;
  return [
    { name: "answer of 200 tokens a second: frames dropped of 240", value: dropped, unit: "", aim: "0" },
    { name: "the same: longest frame", value: Math.max(...frames.slice(1)), unit: "ms" },
    { name: "the same: letters shown after 4 s", value: letters, unit: "" },
  ];
}

/** A conversation as people have them, kept the way the agent keeps it. */
async function longConversation(settings: Record<string, string>): Promise<string> {
  const house = await openHouse(readSettings(settings), () => undefined, { practice: false });
  try {
    const scope = await house.people.owner();
    const { id } = await house.agent.conversations.create(scope, "A long one");
    for (let turn = 0; turn * 8 < manyEvents; turn += 1) {
      const isLast = (turn + 1) * 8 >= manyEvents;
      for (const body of turnOf(turn, isLast)) await house.agent.emit(scope, id, body);
    }
    return id;
  } finally {
    await house.close();
  }
}

function turnOf(turn: number, isLast: boolean): ChatEventBody[] {
  const id = (what: string) => `${what}-${turn}`;
  const rows = Array.from({ length: 12 }, (_, row) => `| Card ${turn}-${row} | ${row * 7} | open |`).join("\n");
  const request = {
    service: "Boards",
    account: "ana@example.com",
    operation: "cards list",
    access: "read" as const,
    method: "GET",
    host: "api.example.com",
    path: "/cards",
    status: 200,
    ms: 40,
  };
  return [
    { type: "user_message", messageId: id("said"), text: `Show the cards of board ${turn}, the open ones.` },
    { type: "turn_started", turnId: id("turn") },
    { type: "text", messageId: id("lead"), text: "I look at the board first." },
    {
      type: "tool_started",
      callId: id("call"),
      tool: "bash",
      title: "boards cards list",
      input: { command: "boards cards list" },
    },
    {
      type: "tool_ended",
      callId: id("call"),
      ok: true,
      ms: 120,
      result: JSON.stringify([{ id: 1, name: "Card" }]),
      requests: [request],
    },
    {
      type: "text",
      messageId: id("text"),
      text: `There are **12** cards:\n\n| name | points | state |\n| --- | --- | --- |\n${rows}\n\n${isLast ? lastWords : "Say if you want more."}`,
    },
    { type: "usage", inputTokens: 900, cachedTokens: 800, outputTokens: 120, model: "bench" },
    { type: "turn_ended", turnId: id("turn"), outcome: "done" },
  ];
}

/** Some 1,200 tokens with what answers are made of. */
function longAnswer(): string {
  const part = (n: number) =>
    `## Part ${n}\n\nA sentence with **strong words**, some \`code\` and a [link](https://example.com/${n}), long enough to wrap.\n\n- one thing\n- another thing\n\n\`\`\`js\nconst answer = ${n};\n\`\`\`\n\n| a | b |\n| --- | --- |\n| ${n} | x |\n\n`;
  return Array.from({ length: 24 }, (_, n) => part(n)).join("");
}
