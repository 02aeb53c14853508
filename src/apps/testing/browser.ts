import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchBrowser } from "./launch-browser.ts";

export type OpenedPage = Page & { faults: string[] };

/** A real browser for the tests of one file: one that is installed, else the one npm brought along. */
export function realBrowser() {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
  });

  return {
    /** A page in a browser of its own (cookies and all); `faults` gathers errors of scripts and broken content-security rules. */
    async open(options: Parameters<Browser["newContext"]>[0] = {}): Promise<OpenedPage> {
      if (!browser) throw new Error("the browser has not started");
      const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      return watched(page);
    },
    /** Stops every process of the browser, as a machine does that goes to sleep, for as long as `work` takes. */
    async asleep(work: () => Promise<unknown>): Promise<void> {
      if (!browser) throw new Error("the browser has not started");
      const devtools = await browser.newBrowserCDPSession();
      const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
      for (const { id } of processInfo) process.kill(id, "SIGSTOP");
      try {
        await work();
      } finally {
        for (const { id } of processInfo) process.kill(id, "SIGCONT");
      }
      await devtools.detach();
    },
  };
}

export function watched(page: Page): OpenedPage {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (/content.security.policy|refused to/i.test(message.text())) faults.push(message.text());
  });
  return Object.assign(page, { faults });
}
