import { type IncomingHttpHeaders, type Server, createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, canary, startBench } from "./testing.ts";

/** A server that serves the gateway below a path, as the main server does for sandboxes elsewhere. */
describe("the gateway below a path of the public server", () => {
  let bench: Bench;
  let server: Server;
  beforeEach(async () => {
    bench = await startBench();
    server = createServer((request, response) => {
      if (!bench.gateway.take("/gateway", request, response)) response.writeHead(404).end("not the gateway");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await bench.close();
  });

  /** Sends a target just as it is written, which `fetch` would tidy. */
  const ask = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const sent = httpRequest({ host: "127.0.0.1", port, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      });
      sent.once("error", reject).end();
    });
  const grant = () => ({ authorization: `Bearer ${bench.token}` });

  it("carries a request with a grant, and what a proxy added to it no further", async () => {
    const forwarded = {
      "x-forwarded-for": "10.0.0.7",
      forwarded: "for=10.0.0.7",
      via: "1.1 proxy",
      "x-real-ip": "10.0.0.7",
    };
    expect(await ask(`/gateway/${bench.service.host}/boards`, { ...grant(), ...forwarded })).toMatchObject({
      status: 200,
    });
    const [seen] = bench.service.seen;
    expect(seen).toMatchObject({ url: "/boards", headers: { authorization: `Bearer ${canary}` } });
    expect(JSON.stringify(seen)).not.toMatch(/10\.0\.0\.7|1\.1 proxy/);
  });

  it.each([
    ["no grant", {}],
    ["a grant that nobody gave", { authorization: `Bearer pbg_${"x".repeat(22)}_${"y".repeat(43)}` }],
    ["an API key of a person", { authorization: `Bearer pbk_${"x".repeat(22)}_${"y".repeat(43)}` }],
  ])("refuses %s", async (_, headers) => {
    const got = await ask(`/gateway/${bench.service.host}/boards`, headers);
    expect(got.status).toBe(403);
    expect(JSON.parse(got.text)).toMatchObject({ ok: false, code: "grant_invalid" });
    expect(bench.service.seen).toEqual([]);
  });

  it("refuses a browser that is signed in here, whose cookie no service should see", async () => {
    const got = await ask(`/gateway/${bench.service.host}/boards`, {
      ...grant(),
      cookie: "a=1; patchbay_4800=canary-31",
    });
    expect(JSON.parse(got.text)).toMatchObject({ code: "request_refused" });
    expect(bench.service.seen).toEqual([]);
  });

  it.each<Record<string, string>>([
    { cookie: "__Host-patchbay_session=canary-31" },
    { "sec-fetch-dest": "document" },
    { "sec-fetch-dest": "serviceworker", "service-worker": "script" },
  ])("answers no browser, in which a service's page would be one of ours: %s", async (headers) => {
    const got = await ask(`/gateway/${bench.service.host}/boards`, { ...grant(), ...headers });
    expect(JSON.parse(got.text)).toMatchObject({ code: "request_refused" });
    expect(bench.service.seen).toEqual([]);
  });

  it("lets a page that a service answers with do nothing, should a browser show it all the same", async () => {
    bench.service.answers((_, response) => {
      response.setHeader("content-security-policy", "default-src *");
      response.setHeader("service-worker-allowed", "/");
      response.setHeader("content-type", "text/html").end("<script>fetch('/rpc/me')</script>");
    });
    const got = await ask(`/gateway/${bench.service.host}/boards`, grant());
    expect(got.headers["content-security-policy"]).toBe("sandbox; default-src 'none'");
    expect(got.headers["x-content-type-options"]).toBe("nosniff");
    expect(got.headers["service-worker-allowed"]).toBeUndefined();
  });

  it.each([
    (host: string) => `/gateway/${host}/../admin`,
    (host: string) => `/gateway/${host}/%2e%2e/admin`,
    (host: string) => `/gateway/../gateway/${host}/boards`,
    (host: string) => `/gateway//${host}/boards`,
    (host: string) => `/gateway/%2f${host}/boards`,
    (host: string) => `/gateway/${host}@evil.example/boards`,
    (host: string) => `/gateway\\${host}/boards`,
    (host: string) => `//gateway/${host}/boards`,
    (host: string) => `/%67ateway/${host}/boards`,
    (host: string) => `/Gateway/${host}/boards`,
    (host: string) => `/api/../gateway/${host}/boards`,
    (host: string) => `http://${host}/gateway/${host}/boards`,
    () => `/gateway`,
    () => `/gateway/`,
    () => `/gateway?/${"x"}`,
  ])("reads a confusing path in no second way: case %#", async (path) => {
    const got = await ask(path(bench.service.host), grant());
    expect(got.status).toBeGreaterThanOrEqual(400);
    expect(bench.service.seen).toEqual([]);
  });

  it.each(["evil.example", "127.0.0.1:1", "api.example.com", "localhost"])(
    "goes by the path and not by a Host header of %s",
    async (host) => {
      expect(await ask(`/gateway/${bench.service.host}/boards`, { ...grant(), host })).toMatchObject({ status: 200 });
      expect(bench.service.seen[0]?.headers.host).toBe(bench.service.host);
      expect((await ask("/gateway/undeclared.example/boards", { ...grant(), host: bench.service.host })).status).toBe(
        403,
      );
    },
  );
});
