import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Asked = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: string;
};
export type Answer = {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  text?: string;
  afterMs?: number;
  never?: boolean;
};
export type Handler = (asked: Asked) => Answer | Promise<Answer>;

export type OddServer = {
  url: string;
  host: string;
  asked: Asked[];
  /** By path; a test replaces what it wants to be odd. */
  on: Record<string, Handler>;
  /** How often the token endpoint was asked. */
  tokenRequests(): number;
  close(): Promise<void>;
};

/**
 * A small authorization server whose every answer a test can bend. As it stands it is a strict one: codes and refresh tokens
 * count once, and a refresh token used twice ends the grant.
 */
export async function startOddServer(o: { lifetime?: number } = {}): Promise<OddServer> {
  const live = new Set<string>();
  let count = 0;
  let ended = false;
  const issue = (): Answer => {
    count += 1;
    live.clear();
    live.add(`refresh-${count}`);
    return {
      body: {
        access_token: `access-${count}`,
        token_type: "Bearer",
        expires_in: o.lifetime ?? 3600,
        refresh_token: `refresh-${count}`,
      },
    };
  };
  const server: OddServer = {
    url: "",
    host: "",
    asked: [],
    on: {
      "/authorize": ({ query }) => {
        const back = new URL(query.get("redirect_uri") ?? "http://nowhere.test/");
        back.search = new URLSearchParams({ code: "the code", state: query.get("state") ?? "" }).toString();
        return { status: 302, headers: { location: back.href } };
      },
      "/token": ({ body }) => {
        const sent = new URLSearchParams(body);
        if (sent.get("grant_type") !== "refresh_token") return issue();
        if (ended || !live.has(sent.get("refresh_token") ?? "")) {
          ended = true;
          return { status: 400, body: { error: "invalid_grant" } };
        }
        return issue();
      },
      "/me": () => ({ body: { email: "ada@example.com" } }),
    },
    tokenRequests: () => server.asked.filter(({ path }) => path === "/token").length,
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const url = new URL(request.url ?? "/", "http://here.test");
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const asked = {
        method: request.method ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      server.asked.push(asked);
      const answer = (await server.on[url.pathname]?.(asked)) ?? { status: 404, body: { error: "not_found" } };
      if (answer.never) return;
      if (answer.afterMs !== undefined) await new Promise((resolve) => setTimeout(resolve, answer.afterMs));
      response.writeHead(answer.status ?? 200, {
        ...(answer.text === undefined ? { "content-type": "application/json" } : {}),
        ...answer.headers,
      });
      response.end(answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  server.host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  server.url = `http://${server.host}`;
  return server;
}
