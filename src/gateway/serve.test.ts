import { createServer } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../contract/problem.ts";
import { Secret } from "../contract/secret.ts";
import { type Bench, canary, startBench } from "./testing.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const placed = (secret: string) => [
  { place: { in: "header" as const, name: "authorization", template: "Bearer {secret}" }, secret: new Secret(secret) },
];

describe("a request through the gateway", () => {
  it("reaches the service with the credential and without the grant", async () => {
    bench.service.answers((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end('[{"id":1}]');
    });
    const got = await bench.ask("/boards?limit=3", {
      headers: { authorization: `Bearer ${bench.token}`, "x-note": "hello" },
    });
    expect(got).toMatchObject({ status: 200, text: '[{"id":1}]', problem: undefined });
    expect(got.headers["content-type"]).toBe("application/json");
    expect(bench.service.seen).toMatchObject([
      {
        method: "GET",
        url: "/boards?limit=3",
        headers: { authorization: `Bearer ${canary}`, "x-note": "hello", host: bench.service.host },
      },
    ]);
    expect(bench.asked[0]).toMatchObject({
      operation: "boards list",
      access: "read",
      path: "/boards",
      query: "limit=3",
    });
    expect(bench.recorded).toMatchObject([{ status: 200, failed: false }]);
  });

  it("is judged on the bytes that are sent: method, path, query, body", async () => {
    const body = '{"name":"Plan Ä"}';
    await bench.ask("/cards?list=%37", {
      method: "POST",
      headers: { authorization: `Bearer ${bench.token}`, "content-type": "application/json" },
      body,
    });
    expect(bench.service.seen[0]).toMatchObject({ method: "POST", url: "/cards?list=%37", body });
    const [asked] = bench.asked;
    expect(asked).toMatchObject({ operation: "cards create", access: "write", bodyBytes: Buffer.byteLength(body) });
    expect(asked?.shownBody()).toBe(body);
  });

  it("passes on what an answer says of itself, and no cookies", async () => {
    bench.service.answers((_, response) => {
      response.writeHead(429, {
        "retry-after": "7",
        link: '<https://api.example.com/boards?page=2>; rel="next"',
        "x-ratelimit-remaining": "0",
        etag: '"abc"',
        "set-cookie": "sid=1",
        "x-patchbay-problem": "write_denied",
      });
      response.end("slow down");
    });
    const got = await bench.ask("/boards");
    expect(got).toMatchObject({ status: 429, text: "slow down", problem: undefined });
    expect(got.headers).toMatchObject({ "retry-after": "7", "x-ratelimit-remaining": "0", etag: '"abc"' });
    expect(got.headers.link).toContain("page=2");
    expect(got.headers).not.toHaveProperty("set-cookie");
  });

  it("answers HEAD, 204 and 304 without a body", async () => {
    bench.service.answers(({ method }, response) => {
      response.writeHead(method === "HEAD" ? 200 : 204, method === "HEAD" ? { "content-length": "1234" } : {});
      response.end();
    });
    expect(await bench.ask("/boards", { method: "HEAD" })).toMatchObject({
      status: 200,
      headers: { "content-length": "1234" },
    });
    expect(await bench.ask("/boards")).toMatchObject({ status: 204, text: "" });
  });

  it("streams a long answer while it is still being written", async () => {
    let finish = () => undefined as void;
    bench.service.answers((_, response) => {
      response.write("first,");
      finish = () => void response.end("last");
    });
    const asking = bench.ask("/boards");
    await expect.poll(() => bench.service.seen.length).toBe(1);
    finish();
    expect((await asking).text).toBe("first,last");
    expect((await asking).headers["transfer-encoding"]).toBe("chunked");
  });

  it("hands on large answers unchanged", async () => {
    const large = Buffer.alloc(3_000_000, "0123456789");
    bench.service.answers((_, response) => void response.end(large));
    expect((await bench.ask("/boards")).text).toBe(large.toString());
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["utf-8", (plain: Buffer) => plain],
    ["gzip, br", (plain: Buffer) => brotliCompressSync(gzipSync(plain))],
    ["br, identity, gzip", (plain: Buffer) => gzipSync(brotliCompressSync(plain))],
  ])("undoes %s that was not asked for", async (encoding, compress) => {
    bench.service.answers((_, response) => {
      response.setHeader("content-encoding", encoding);
      response.end(compress(Buffer.from(`{"echo":"${canary}"}`)));
    });
    const got = await bench.ask("/boards");
    expect(bench.service.seen[0]?.headers["accept-encoding"]).toBe("identity");
    expect(got.text).toBe('{"echo":"[secret]"}');
    expect(got.headers["content-encoding"]).toBeUndefined();
  });

  it("undoes the encoding of a refusal that it looks into first", async () => {
    bench.authorizes(() => Promise.resolve(placed(canary)));
    bench.service.answers((_, response) => {
      response.writeHead(403, { "content-encoding": "gzip, gzip" });
      response.end(gzipSync(gzipSync(`{"message":"not for ${canary}"}`)));
    });
    const got = await bench.ask("/boards");
    expect(got).toMatchObject({ status: 403, text: '{"message":"not for [secret]"}' });
  });

  it("does not unwrap an answer without end", async () => {
    bench.service.answers((_, response) => {
      response.setHeader("content-encoding", Array.from({ length: 5 }, () => "gzip").join(", "));
      response.end("wrapped");
    });
    expect(await bench.ask("/boards")).toMatchObject({ status: 502 });
  });

  it("keeps the connection to the service for the next request", async () => {
    const ports = new Set<number | undefined>();
    bench.service.answers((_, response) => {
      ports.add(response.socket?.remotePort);
      response.end("{}");
    });
    for (let n = 0; n < 5; n += 1) await bench.ask("/boards");
    expect(ports.size).toBe(1);
  });
});

describe("a sign-in the service does not accept", () => {
  it("is renewed once, and the request repeated with the new one", async () => {
    bench.authorizes((o) => Promise.resolve(placed(o?.refused ? "new-token-2" : "old-token-1")));
    bench.service.answers(({ headers }, response) => {
      response.statusCode = headers.authorization === "Bearer new-token-2" ? 201 : 401;
      response.end("{}");
    });
    const got = await bench.ask("/cards", {
      method: "POST",
      headers: { authorization: `Bearer ${bench.token}` },
      body: "{}",
    });
    expect(got.status).toBe(201);
    expect(bench.service.seen.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer old-token-1",
      "Bearer new-token-2",
    ]);
    expect(bench.asked).toHaveLength(1);
    expect(bench.recorded).toMatchObject([{ status: 201 }]);
  });

  it("and not after renewal either asks to sign in again, with the service's own words", async () => {
    bench.service.answers((_, response) => {
      response.statusCode = 401;
      response.end(`invalid key ${canary}`);
    });
    const got = await bench.ask("/boards");
    expect(got).toMatchObject({ status: 401, problem: "sign_in_ended" });
    expect(JSON.parse(got.text)).toMatchObject({
      ok: false,
      code: "sign_in_ended",
      message: "Your Desk sign-in has ended. Connect it again to go on.",
      retryable: false,
      detail: "invalid key [secret]",
    });
    expect(bench.service.seen).toHaveLength(2);
  });

  it("for this request only is no end of the sign-in", async () => {
    bench.service.answers((_, response) => void response.writeHead(401).end("not for you"));
    bench.refusals(() => ({ worksOtherwise: true }));
    expect(await bench.ask("/boards")).toMatchObject({ status: 403, problem: "operation_refused" });
    bench.refusals(() => undefined);
  });

  it("for lack of a scope says which one to add; any other 403 is handed on as it is, the credential taken out", async () => {
    bench.service.answers((_, response) => void response.writeHead(403, { "x-why": "quota" }).end(`no ${canary}`));
    const judged: string[] = [];
    bench.refusals(({ status, body }) => void judged.push(`${status} ${body}`));
    const plain = await bench.ask("/boards");
    expect(plain).toMatchObject({ status: 403, problem: undefined, headers: { "x-why": "quota" } });
    expect(plain.text).toMatch(/^no /);
    expect(plain.text + judged.join()).not.toContain(canary);
    expect(judged).toHaveLength(1);

    bench.refusals(() => ({ lacking: { scopes: ["cards.read"], isKey: false } }));
    const lacking = await bench.ask("/boards");
    expect(lacking).toMatchObject({ status: 401, problem: "scope_missing" });
    expect(lacking.text).toContain("Sign in again with cards.read added.");
    expect((await bench.ask("/boards", { method: "HEAD" })).status).toBe(401);
    bench.refusals(() => undefined);
    expect((await bench.ask("/boards", { method: "HEAD" })).status).toBe(403);
  });

  it("that cannot be renewed says why", async () => {
    bench.authorizes((o) =>
      o?.refused
        ? Promise.reject(new Problem("refresh_unavailable", { integration: "Desk" }))
        : Promise.resolve(placed("t-12345")),
    );
    bench.service.answers((_, response) => void response.writeHead(401).end());
    expect(await bench.ask("/boards")).toMatchObject({ status: 502, problem: "refresh_unavailable" });
  });
});

describe("a redirect", () => {
  const redirectTo = (location: string, status = 302) =>
    bench.service.answers(({ url }, response) => {
      if (url === "/boards") response.writeHead(status, { location }).end();
      else response.end(`at ${url}`);
    });

  it("of a read is followed on the same host, and judged again", async () => {
    redirectTo("/boards/7?full=1");
    expect(await bench.ask("/boards")).toMatchObject({ status: 200, text: "at /boards/7?full=1" });
    expect(bench.asked.map(({ operation }) => operation)).toEqual(["boards list", "boards get"]);
  });

  it.each([
    ["an undeclared host", "https://evil.example/boards"],
    ["cloud metadata", "http://169.254.169.254/latest/meta-data"],
    ["a write", "/boards/export"],
    ["a request in no list", "/admin"],
    ["another port", "http://127.0.0.1:1/boards/7"],
    ["a path that can be read in two ways", "/boards/..%2fexport"],
    ["a user name before the host", "http://user@127.0.0.1/boards/7"],
    ["another scheme", "file:///etc/passwd"],
  ])("to %s is refused, and nothing is sent there", async (_where, location) => {
    redirectTo(location);
    const got = await bench.ask("/boards");
    expect(got).toMatchObject({ status: 403, problem: "redirect_refused" });
    expect(bench.service.seen.map(({ url }) => url)).toEqual(["/boards"]);
  });

  it("in circles ends", async () => {
    redirectTo("/boards");
    expect(await bench.ask("/boards")).toMatchObject({ problem: "redirect_refused" });
    expect(bench.service.seen).toHaveLength(6);
  });

  it("of a write is not followed", async () => {
    bench.service.answers((_, response) => void response.writeHead(307, { location: "/cards" }).end());
    const got = await bench.ask("/cards", {
      method: "POST",
      headers: { authorization: `Bearer ${bench.token}` },
      body: "{}",
    });
    expect(got).toMatchObject({ status: 403, problem: "redirect_refused" });
    expect(bench.service.seen).toHaveLength(1);
  });
});

describe("a service in trouble", () => {
  it("that is not there is told from a refusal", async () => {
    await bench.service.close();
    const got = await bench.ask("/boards");
    expect(got).toMatchObject({ status: 502, problem: "service_unreachable" });
    expect(JSON.parse(got.text)).toMatchObject({ retryable: true });
    expect(bench.recorded).toMatchObject([{ failed: true }]);
  });

  it("that breaks off before it answers is asked again for a read, never for a write", async () => {
    let broken = 0;
    bench.service.answers((_, response) => {
      broken += 1;
      response.socket?.destroy();
    });
    expect(await bench.ask("/boards")).toMatchObject({ problem: "service_unreachable" });
    expect(broken).toBe(2);
    const write = await bench.ask("/cards", {
      method: "POST",
      headers: { authorization: `Bearer ${bench.token}` },
      body: "{}",
    });
    expect(write).toMatchObject({ status: 502, problem: "write_outcome_unknown" });
    expect(JSON.parse(write.text)).toMatchObject({ retryable: false });
    expect(broken).toBe(3);
    expect(bench.recorded.at(-1)).not.toHaveProperty("status");
    expect(bench.recorded.at(-1)).not.toHaveProperty("failed");
  });

  it("that breaks off in the middle does not look like a whole answer", async () => {
    bench.service.answers((_, response) => {
      response.write("half");
      setTimeout(() => response.socket?.destroy(), 20);
    });
    await expect(bench.ask("/boards")).rejects.toThrow(/aborted|hang up/);
  });

  it("that never answers is given up", async () => {
    await bench.close();
    bench = await startBench({ gateway: { answerTimeoutMs: 300 } });
    bench.service.answers(() => undefined);
    expect(await bench.ask("/boards")).toMatchObject({ status: 504, problem: "answer_too_slow" });
  });

  it("that speaks no HTTP is not passed on", async () => {
    const server = createServer((socket) => void socket.end("220 smtp.example ESMTP\r\n"));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    bench.policy.allow(host);
    bench.grant.hosts = [host];
    expect(await bench.ask("/boards", { host, method: "GET" })).toMatchObject({ status: 502 });
    server.close();
  });

  it("that sends without end is cut off", async () => {
    await bench.close();
    bench = await startBench({ gateway: { maxAnswerBytes: 500_000 } });
    bench.service.answers((_, response) => void response.end(Buffer.alloc(5_000_000)));
    await expect(bench.ask("/boards")).rejects.toThrow(/aborted|hang up/);
  });
});

describe("a tool that goes away", () => {
  it("while a person is asked: the question is told, and nothing is sent", async () => {
    let gone: AbortSignal | undefined;
    bench.permits((_asked, signal) => {
      gone = signal;
      return new Promise((_resolve, reject) => void signal.addEventListener("abort", () => reject(new Error("gone"))));
    });
    const { request } = await import("node:http");
    const asking = request({
      ...bench.gateway.address,
      path: `/${bench.service.host}/cards`,
      method: "DELETE",
      headers: { authorization: `Bearer ${bench.token}` },
    });
    asking.on("error", () => undefined).end();
    await expect.poll(() => gone).toBeDefined();
    asking.destroy();
    await expect.poll(() => gone?.aborted).toBe(true);
    expect(bench.service.seen).toHaveLength(0);
    expect(bench.log).toEqual([]);
  });
});
