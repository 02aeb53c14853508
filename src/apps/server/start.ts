import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { proofOf } from "../../contract/opaque-token.ts";
import { Problem } from "../../contract/problem.ts";
import type { PracticeService } from "../../practice/start.ts";
import { openHouse } from "../assemble.ts";
import type { Settings } from "../env.ts";
import { createApp } from "./app.ts";
import { bugFacts, createLog } from "./log.ts";
import { pageFolder, readyPage } from "./page.ts";

export type RunningServer = {
  /** How people reach it. */
  url: string;
  /** How this machine reaches it. */
  local: string;
  /** The API key of this machine's terminal. */
  token: string;
  /** Printed as long as nobody has signed in. */
  signInLink: string | undefined;
  practice: PracticeService;
  model: string;
  close(): Promise<void>;
};

type Options = {
  /** Whether the page is served and jobs are worked on; commands that start a server for a moment need neither. */
  page: boolean;
  /** Takes another port when the wanted one is taken. */
  anyPort: boolean;
  /** Keeps the log to itself. */
  quiet: boolean;
  /** Works on jobs also without the page. */
  jobs?: boolean;
  /** Public hosts that this machine plays, for the demo and for tests. */
  stage?: ReadonlyMap<string, string>;
};

/**
 * Starts the server, and tells the terminal of this machine how to reach it by a file in the data folder that only its user
 * can read.
 *
 * @throws Problem `data_folder_in_use`, `port_taken`, and those of settings and vault.
 */
export async function startServer(settings: Settings, o: Options): Promise<RunningServer> {
  mkdirSync(settings.DATA_DIR, { recursive: true, mode: 0o700 });
  const log = createLog({
    human: Boolean(process.stderr.isTTY),
    write: (line) => void (o.quiet || process.stderr.write(line)),
  });
  const house = await openHouse(settings, log, { practice: true, ...(o.stage ? { stage: o.stage } : {}) });
  const { practice } = house;
  if (!practice) throw new Error("a server brings the practice service along");
  try {
    const pageReady = Promise.withResolvers<void>();
    let token = "";
    const app = createApp(house, {
      log,
      pageFolder: o.page ? pageFolder : undefined,
      pageReady: pageReady.promise,
      prove: (challenge) => (token === "" || challenge === "" ? undefined : proofOf(token, challenge)),
    });
    const listener = getRequestListener(app.fetch);
    const server = createServer((request, response) => {
      const { gateway, gatewayPrefix } = house;
      if (gatewayPrefix === undefined || !gateway.take(gatewayPrefix, request, response))
        void listener(request, response);
    });
    const port = await listen(server, settings, o.anyPort);
    const local = `http://${loopbackName(settings.HOST)}:${port}`;
    house.reachedAt(settings.PUBLIC_URL ?? local);
    await house.begin();
    // After the server answers: building would make it wait.
    if (o.page) readyPage(log).then(pageReady.resolve, pageReady.reject);
    pageReady.promise.catch((error: unknown) => log({ event: "bug", ...bugFacts(error) }));
    if (o.page || o.jobs) await house.workOnJobs();

    const owner = await house.people.owner();
    token = await house.people.makeTerminalKey(owner, `terminal on ${hostname()}, ${settings.DATA_DIR}`);
    const file = join(settings.DATA_DIR, "server.json");
    writeFileSync(file, JSON.stringify({ url: local, pid: process.pid, token }), { mode: 0o600 });
    const link = (await house.people.hasSession(owner)) ? undefined : await house.people.makeLink(owner);
    return {
      url: house.publicUrl(),
      local,
      token,
      signInLink: link && `${house.publicUrl()}/sign-in?link=${link.token}`,
      practice,
      model: (await house.models.describe(owner)).name,
      async close() {
        rmSync(file, { force: true });
        server.close();
        // Streams of events would hold the server open for as long as somebody listens.
        if ("closeAllConnections" in server) server.closeAllConnections();
        await house.close();
      },
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** `patchbay start`: runs until it is told to stop. */
export async function start(settings: Settings, o: { open?: boolean }): Promise<void> {
  const begun = performance.now();
  const server = await startServer(settings, { page: true, anyPort: false, quiet: false });
  const lines = [
    `Patchbay is running at ${server.url}`,
    "",
    server.signInLink
      ? `  Sign in    ${server.signInLink}   (once, within the hour)`
      : "  Sign in    in the browser you used before; for another: npm run patchbay -- link",
    `  Terminal   npm run patchbay -- chat`,
    `  REST       ${server.url}/api`,
    `  Practice   ${server.practice.url}   a service to practise on`,
    `  Model      ${server.model}`,
    "",
    `Ready after ${((performance.now() - begun) / 1000).toFixed(1)} s. Stop with Ctrl-C.`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (o.open) {
    const { openInBrowser } = await import("../cli/browser.ts");
    openInBrowser(server.signInLink ?? server.url);
  }
  await toldToStop();
  await server.close();
}

async function listen(server: Server, { HOST, PORT }: Settings, anyPort: boolean): Promise<number> {
  const attempt = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, HOST, () => {
        server.off("error", reject);
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  try {
    return await attempt(PORT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (anyPort) return attempt(0);
    throw new Problem("port_taken", { port: PORT });
  }
}

/** `localhost` and not `127.0.0.1`: many OAuth services accept only the name. */
function loopbackName(host: string): string {
  if (["127.0.0.1", "localhost", "0.0.0.0", "::", "::1"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** The first signal asks to stop; a second one does not wait. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}
