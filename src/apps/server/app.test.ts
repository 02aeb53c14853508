import { request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { connectTo } from "../cli/client.ts";
import { runningServer } from "../testing/running-server.ts";

const served = runningServer({ page: true });

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${served().url}${path}`, { redirect: "manual", ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** As a raw client would: `fetch` tidies paths before they leave. */
function askRaw(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; text: string }> {
  const { port } = new URL(served().url);
  return new Promise((resolve, reject) => {
    const asking = request({ host: "localhost", port, path, headers, method }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asking.on("error", reject).end();
  });
}

describe("without a session or an API key", () => {
  it.each([
    "/",
    "/integrations",
    "/c/0190c1f2-7a1e-7cc0-9d3f-2b1f0a6c4e55",
    "/index.html",
    "/assets/anything.js",
    "/api",
    "/api/me",
    "/api/openapi.json",
    "/rpc/me",
  ])("%s is not answered", async (path) => {
    const { status, text } = await ask(path);
    expect(status).toBe(401);
    expect(text).toContain("Sign in");
  });

  it.each(["/health", "/sign-in", "/plain.css", "/icon.svg", "/source-sans-3-latin-wght-normal.woff2"])(
    "%s is",
    async (path) => {
      expect((await ask(path)).status).toBe(200);
    },
  );

  it.each(["pbk_forged", "pbs_forged", `pbk_${"A".repeat(22)}_${"A".repeat(43)}`, "' or 1=1 --"])(
    "a forged token %s is not accepted",
    async (token) => {
      const answer = await ask("/api/me", { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.text)).toMatchObject({
        ok: false,
        code: "sign_in_needed",
        message: expect.stringMatching(/-- link`.*Bearer.*keys create/),
      });
    },
  );

  it("the way back from a service shows a page, and nothing else, for a state that was never made", async () => {
    const answer = await ask("/oauth/callback/practice?code=x&state=pbo_forged");
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("This sign-in was started elsewhere");
  });
});

describe("a sign-in link", () => {
  const newLink = async () => new URL((await served().api.sessions.link()).url).search;

  it("signs one browser in, once, with a cookie scripts cannot read and other sites cannot send", async () => {
    const link = await newLink();
    const first = await ask(`/sign-in${link}`);
    expect(first.status).toBe(303);
    expect(first.headers.get("location")).toBe("/");
    const cookie = first.headers.get("set-cookie") ?? "";
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Lax");
    expect(cookie).toContain("Path=/");

    const second = await ask(`/sign-in${link}`);
    expect(second.status).toBe(401);
    expect(second.headers.get("set-cookie")).toBeNull();
  });

  it("is not spent by a browser that only looks ahead", async () => {
    const link = await newLink();
    await ask(`/sign-in${link}`, { headers: { "sec-purpose": "prefetch" } });
    expect((await ask(`/sign-in${link}`)).status).toBe(303);
  });

  it("on somebody else's page takes a click here first (login CSRF)", async () => {
    const link = await newLink();
    const answer = await ask(`/sign-in${link}`, { headers: { "sec-fetch-site": "cross-site" } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.text).toContain("<form");
  });

  it("cannot be bent to lead elsewhere (open redirect)", async () => {
    const link = await newLink();
    const answer = await ask(`/sign-in${link}&to=https://evil.example&onward=https://evil.example`);
    expect(answer.headers.get("location")).toBe("/");
  });

  it("shows what it is given as text (script injection)", async () => {
    const answer = await ask(`/sign-in?link=${encodeURIComponent('"><script>alert(1)</script>')}`, {
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(answer.text).not.toContain("<script>alert");
  });
});

describe("a call another site made the browser send", () => {
  const post = async (headers: Record<string, string>, path = "/rpc/conversations/create") =>
    ask(path, {
      method: "POST",
      headers: { cookie: await served().signIn(), "content-type": "application/json", ...headers },
      body: JSON.stringify({ json: {} }),
    });

  it.each([
    ["another site", { origin: "https://evil.example" }],
    ["another port of this machine, which counts as the same site", { origin: "http://localhost:1" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a host that only begins like ours", { origin: "http://localhost.evil.example" }],
    ["a browser that hides the origin", { "sec-fetch-site": "cross-site" }],
    ["a sibling that hides the origin", { "sec-fetch-site": "same-site" }],
  ])("is refused: %s", async (_who, headers) => {
    const answer = await post(headers);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("origin_refused");
  });

  it("is refused on REST and on sign-in too", async () => {
    expect((await post({ origin: "https://evil.example" }, "/api/conversations")).status).toBe(403);
    expect((await post({ origin: "https://evil.example" }, "/sign-in")).status).toBe(403);
  });

  it("is not what our own page sends", async () => {
    expect((await post({ origin: served().url, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  it.each(["HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"])("cannot act by a %s", async (method) => {
    const cookie = await served().signIn();
    const headers = { cookie, "sec-fetch-site": "same-site" };
    expect((await askRaw("/rpc/sessions/end", headers, method)).status).toBeGreaterThanOrEqual(400);
    expect((await ask("/api/me", { headers: { cookie } })).status).toBe(200);
  });

  it("cannot change anything by a GET", async () => {
    const cookie = await served().signIn();
    const data = encodeURIComponent(JSON.stringify({ json: { label: "planted" } }));
    expect((await ask(`/rpc/keys/create?data=${data}`, { headers: { cookie } })).status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(await served().api.keys.list())).not.toContain("planted");
  });
});

describe("a name that somebody had point at this machine (DNS rebinding)", () => {
  it.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost."])(
    "is not ours: %s",
    async (name) => {
      const { port } = new URL(served().url);
      const cookie = await served().signIn();
      for (const host of [name, `${name}:${port}`]) {
        const answer = await askRaw("/api/me", { host, cookie });
        expect(answer.status).toBe(421);
        expect(answer.text).toContain("answers to no other name");
      }
      expect((await askRaw("/sign-in", { host: name })).status).toBe(421);
    },
  );

  it.each(["localhost", "127.0.0.1", "[::1]"])("but %s is", async (name) => {
    const host = `${name}:${new URL(served().url).port}`;
    expect((await askRaw("/api/me", { host, cookie: await served().signIn() })).status).toBe(200);
  });
});

describe("a token", () => {
  it("that ends takes the streams it opened along", async () => {
    const { id, key } = await served().api.keys.create({ label: "listens" });
    const conversation = await served().api.conversations.create({});
    const theirs = connectTo({ url: served().url, token: key });
    const heard: string[] = [];
    const listening = (async () => {
      for await (const one of await theirs.conversations.events({ id: conversation.id })) heard.push(one.body.type);
    })().catch((error: unknown) => error);
    await served().api.conversations.say({ id: conversation.id, text: "hello" });
    await expect.poll(() => heard).toContain("turn_ended");
    await served().api.keys.revoke({ id });
    // Looked up once a second: within it something may still be told.
    await setTimeout(1100);
    heard.length = 0;
    await served().api.conversations.say({ id: conversation.id, text: "a secret plan" });
    expect(await listening).toMatchObject({ code: "sign_in_needed" });
    expect(heard).toEqual([]);
  });

  it("of a session is no API key", async () => {
    const session = (await served().signIn()).split("=")[1];
    expect((await ask("/api/me", { headers: { authorization: `Bearer ${session}` } })).status).toBe(401);
  });

  it("ends when its key is revoked", async () => {
    const { id, key } = await served().api.keys.create({ label: "short-lived" });
    const headers = { authorization: `Bearer ${key}` };
    expect((await ask("/api/me", { headers })).status).toBe(200);
    await served().api.keys.revoke({ id });
    expect((await ask("/api/me", { headers })).status).toBe(401);
  });

  it("ends when the browser signs out", async () => {
    const cookie = await served().signIn();
    const headers = { cookie, origin: served().url, "content-type": "application/json" };
    const out = await ask("/rpc/sessions/end", { method: "POST", headers, body: "{}" });
    expect(out.status).toBe(200);
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await ask("/api/me", { headers: { cookie } })).status).toBe(401);
  });

  it("is not stored in a form that signs anybody in", async () => {
    expect(JSON.stringify(await served().api.activity.list({ limit: 500 }))).not.toMatch(/pb[kslog]_[\w-]{20}/);
  });
});

describe("every answer", () => {
  it.each(["/health", "/sign-in", "/", "/api/me", "/nothing-here"])(
    "of %s carries the security headers",
    async (path) => {
      const { headers } = await ask(path, { headers: { authorization: `Bearer ${served().token}` } });
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toContain("unsafe");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}$/);
      expect(headers.get("access-control-allow-origin")).toBeNull();
    },
  );

  it("of the page names no other host and holds no script or style of its own", async () => {
    const { text } = await ask("/", { headers: { authorization: `Bearer ${served().token}`, accept: "text/html" } });
    expect(text).toContain('<div id="root">');
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text).not.toMatch(/<script(?![^>]*src=)/);
    expect(text).not.toContain("<style");
  });
});

describe("the page's files", () => {
  it.each([
    "/../package.json",
    "/..%2f..%2fpackage.json",
    "/%2e%2e/%2e%2e/package.json",
    "/assets/..%2f..%2f..%2fpackage.json",
    "/..%5c..%5cpackage.json",
    "/%00/package.json",
    "//etc/passwd",
    "/plain.css/../../env.ts",
  ])("are all there is: %s leads nowhere", async (path) => {
    const { status, text } = await askRaw(path, { authorization: `Bearer ${served().token}` });
    expect(status).toBeGreaterThanOrEqual(300);
    expect(text).not.toContain('patchbay",');
    expect(text).not.toContain("root:");
  });

  it("come small, and not again when they have not changed", async () => {
    const headers = { authorization: `Bearer ${served().token}`, accept: "text/html" };
    const first = await ask("/", { headers });
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(first.text)?.[1] ?? "";
    const loaded = await ask(script, { headers });
    expect(loaded.headers.get("content-encoding")).toBe("gzip");
    expect(loaded.headers.get("cache-control")).toContain("immutable");
    const again = await ask("/", { headers: { ...headers, "if-none-match": first.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });
});

describe("a body", () => {
  const headers = () => ({ authorization: `Bearer ${served().token}`, "content-type": "application/json" });

  it("that says it is too large is refused unread", async () => {
    const answer = await ask("/api/keys", { method: "POST", headers: headers(), body: `"${"x".repeat(1_100_000)}"` });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "body_too_large" });
  });

  it("that grows too large on the way is refused too", async () => {
    const piece = new TextEncoder().encode("x".repeat(100_000));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if ((sent += 1) > 30) controller.close();
        else controller.enqueue(piece);
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", headers: headers(), body, duplex: "half" };
    const answer = await ask("/api/keys", init);
    expect(answer.status).toBe(413);
  });

  it("that is no JSON is the caller's to mend", async () => {
    const answer = await ask("/api/keys", { method: "POST", headers: headers(), body: '{"label":' });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ ok: false, code: "input_invalid" });
  });

  it("that does not fit is told by field, without its values", async () => {
    const answer = await ask("/api/settings/model", {
      method: "PUT",
      headers: headers(),
      body: JSON.stringify({ key: "", baseUrl: "canary-31" }),
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("key:");
    expect(answer.text).toContain("baseUrl:");
    expect(answer.text).not.toContain("canary-31");
  });
});

describe("behind https", () => {
  const behind = runningServer({ environment: { PUBLIC_URL: "https://patchbay.example.com" } });

  it("the cookie is sent over https only, and browsers are told to stay there", async () => {
    const { search } = new URL((await behind().api.sessions.link()).url);
    const answer = await fetch(`${behind().local}/sign-in${search}`, { redirect: "manual" });
    expect(answer.headers.get("set-cookie")).toMatch(/^__Host-patchbay_session=.*Path=\/;.*Secure/);
    expect(answer.headers.get("set-cookie")).not.toContain("Domain");
    expect(answer.headers.get("strict-transport-security")).toContain("max-age=");
  });

  it("only the public address counts as our own origin", async () => {
    const cookie = await behind().signIn();
    const post = (origin: string) =>
      fetch(`${behind().local}/rpc/conversations/create`, {
        method: "POST",
        headers: { cookie, origin, "content-type": "application/json" },
        body: JSON.stringify({ json: {} }),
      });
    expect((await post(behind().local)).status).toBe(403);
    expect((await post("https://patchbay.example.com")).status).toBe(200);
  });
});

it("a guesser of sign-in links is made to wait", async () => {
  let last = await ask("/sign-in?link=wrong");
  for (let tries = 0; tries < 12 && last.status !== 429; tries += 1) last = await ask("/sign-in?link=wrong");
  expect(last.status).toBe(429);
  expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
  // He may share an address with everybody behind one proxy: a good link still opens.
  const { search } = new URL((await served().api.sessions.link()).url);
  expect((await ask(`/sign-in${search}`)).status).toBe(303);
});
