import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Api } from "../../contract/procedures.ts";
import { connectTo } from "../cli/client.ts";
import { readSettings } from "../env.ts";
import { type RunningServer, startServer } from "../server/start.ts";

export type Served = RunningServer & {
  folder: string;
  /** Signs a browser in and gives its cookie. */
  signIn(): Promise<string>;
  /** The typed client, with the terminal's API key. */
  api: Api;
  /** Asks over REST with that key, as `curl` would; a body makes it a POST. */
  rest(path: string, body?: unknown, method?: string): Promise<{ status: number; body: unknown }>;
};

/** A whole Patchbay in a folder of its own, on free ports, for the tests of one file. */
export function runningServer(o: { page?: boolean; environment?: Record<string, string> } = {}): () => Served {
  let served: Served | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "patchbay-test-"));
    const settings = readSettings({ DATA_DIR: folder, PORT: "0", PRACTICE_PORT: "0", ...o.environment });
    const server = await startServer(settings, { page: o.page ?? false, anyPort: true, quiet: true });
    const rest: Served["rest"] = async (path, body, method = body === undefined ? "GET" : "POST") => {
      const answer = await fetch(`${server.url}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    };
    const api = connectTo(server);
    served = {
      ...server,
      folder,
      api,
      rest,
      async signIn() {
        const answer = await fetch((await api.sessions.link()).url, { redirect: "manual" });
        return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
      },
    };
  }, 60_000);
  afterAll(async () => {
    await served?.close();
    if (served) rmSync(served.folder, { recursive: true, force: true });
  });
  return () => {
    if (!served) throw new Error("the server has not started");
    return served;
  };
}
