import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeToken } from "../contract/opaque-token.ts";
import { Secret } from "../contract/secret.ts";
import { type Ask, type Bench, askHttp, askRaw, canary, startBench } from "./testing.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const bearer = () => ({ authorization: `Bearer ${bench.token}` });
const raw = (path: string, o: Ask = {}) => askHttp(bench.gateway.address, path, { headers: bearer(), ...o });
const nothingSent = () => expect(bench.service.seen).toHaveLength(0);

describe("a grant", () => {
  it.each([
    ["none", () => ({})],
    ["of another run", () => ({ authorization: `Bearer ${makeToken("pbg", bench.grant.tenantId).token}` })],
    [
      "of another tenant",
      () => ({ authorization: `Bearer ${makeToken("pbg", "11111111-1111-4111-8111-111111111111").token}` }),
    ],
    ["cut short", () => ({ authorization: `Bearer ${bench.token.slice(0, -1)}` })],
    ["of another kind", () => ({ authorization: `Bearer ${bench.token.replace("pbg_", "pbs_")}` })],
    ["beside another", () => ({ ...bearer(), "x-key": makeToken("pbg", bench.grant.tenantId).token })],
  ])("%s: nothing is sent", async (_which, headers) => {
    expect(await bench.ask("/boards", { headers: headers() })).toMatchObject({ status: 403, problem: "grant_invalid" });
    nothingSent();
  });

  it.each<[string, () => Ask & { path?: string }]>([
    ["bearer token", () => ({ headers: bearer() })],
    ["a header of its own", () => ({ headers: { "x-api-key": bench.token } })],
    [
      "Basic user",
      () => ({ headers: { authorization: `Basic ${Buffer.from(`${bench.token}:x`).toString("base64")}` } }),
    ],
    [
      "Basic password",
      () => ({ headers: { authorization: `Basic ${Buffer.from(`u:${bench.token}`).toString("base64")}` } }),
    ],
    ["a cookie", () => ({ headers: { cookie: `theme=dark; sid=${bench.token}` } })],
    ["the query", () => ({ path: `/cards?key=${bench.token}&a=1`, headers: {} })],
    ["the query, escaped", () => ({ path: `/cards?a=1&key=%70${bench.token.slice(1)}`, headers: {} })],
    [
      "a JSON body",
      () => ({ headers: { "content-type": "application/json" }, body: JSON.stringify({ key: bench.token }) }),
    ],
    [
      "a form",
      () => ({ headers: { "content-type": "application/x-www-form-urlencoded" }, body: `a=1&key=${bench.token}` }),
    ],
    [
      "an escaped form",
      () => ({
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `key=%70bg%5F${bench.token.slice(4)}`,
      }),
    ],
    [
      "several places at once",
      () => ({ path: `/cards?key=${bench.token}`, headers: { ...bearer(), "x-k": bench.token } }),
    ],
  ])("as %s is understood, and does not reach the service", async (_where, ask) => {
    const { path = "/cards", ...o } = ask();
    const got = await bench.ask(path, { method: "POST", body: "{}", ...o });
    expect(got.status).toBe(200);
    const [seen] = bench.service.seen;
    expect(JSON.stringify(seen)).not.toContain(bench.token.slice(10));
    expect(seen?.headers.authorization).toBe(`Bearer ${canary}`);
  });

  it("in the path is refused", async () => {
    const got = await bench.ask(`/boards/${bench.token}`, { headers: bearer() });
    expect(got).toMatchObject({ status: 403, problem: "request_refused" });
    nothingSent();
  });
});

describe("another host", () => {
  it.each([
    "evil.example/boards",
    "api.example.com.evil.example/boards",
    "127.0.0.1/boards",
    "127.0.0.1:1/boards",
    "localhost/boards",
    "169.254.169.254/latest/meta-data",
    "metadata.google.internal/",
    "2130706433/boards",
    "0x7f000001/boards",
    "0177.0.0.1/boards",
    "127.1/boards",
    "[::1]/boards",
    "[::ffff:127.0.0.1]/boards",
    "[::]/boards",
    "0.0.0.0/boards",
    "127.0.0.1%00.evil.example/boards",
    "evil.example%2fboards/x",
    "HOST@evil.example/boards",
    "evil.example@HOST/boards",
    "HOST./boards",
    "http://HOST/boards",
    "%31%32%37.0.0.1/boards",
  ])("/%s is refused", async (target) => {
    const got = await raw(`/${target.replace("HOST", bench.service.host)}`);
    expect(got.status).toBe(403);
    expect(["host_refused", "path_refused"]).toContain(got.problem);
    nothingSent();
  });

  it("that the integration declares, but that points inside, is refused", async () => {
    for (const host of ["169.254.169.254", "10.0.0.1", "[::1]", "[64:ff9b::7f00:1]"]) {
      bench.grant.hosts = [host];
      expect(await raw(`/${host}/boards`)).toMatchObject({ status: 403, problem: "address_refused" });
    }
  });

  it("that the integration declares in disguise is none", async () => {
    bench.grant.hosts = ["0x7f000001", `127.1:${bench.service.host.split(":")[1]}`];
    expect(await raw(`/${bench.service.host}/boards`)).toMatchObject({ problem: "host_refused" });
    nothingSent();
  });

  it("named in the Host header changes nothing", async () => {
    await bench.ask("/boards", { headers: { ...bearer(), host: "evil.example", "x-forwarded-host": "evil.example" } });
    expect(bench.service.seen[0]?.headers.host).toBe(bench.service.host);
    expect(bench.service.seen[0]?.headers).not.toHaveProperty("x-forwarded-host");
  });
});

describe("a path trick", () => {
  it.each([
    "/boards/../export",
    "/boards/..%2fexport",
    "/boards/%2e%2e/export",
    "/boards/%2e%2e%2fexport",
    "/boards/..%252fexport",
    "/boards/%252e%252e%252fexport",
    "/boards/..;/export",
    "/boards/..;x=1/export",
    "/boards/.%2e/export",
    "/./boards",
    "//evil.example/boards",
    "/boards//export",
    "/boards\\..\\export",
    "/boards/..%5cexport",
    "/boards/%00",
    "/boards/7%0d%0aX-Evil:1",
    "/boards/%7f",
    "/boards/%zz",
    "/boards/%c0%ae%c0%ae/export",
    "/boards/7#/export",
    "/boards/%25252e%25252e%25252f",
  ])("%s is refused", async (path) => {
    expect(await bench.ask(path)).toMatchObject({ status: 403, problem: "path_refused" });
    nothingSent();
  });

  it.each(["/boards/7%2fexport", "/boards/export;x", "/BOARDS/EXPORT", "/boards/export.json", "/boards/"])(
    "%s is no read",
    async (path) => {
      await bench.ask(path);
      expect(bench.asked[0]).toMatchObject({ access: "write", listed: false });
    },
  );

  it("in absolute form, or as a tunnel, is refused", async () => {
    const head = `host: x\r\nauthorization: Bearer ${bench.token}\r\nconnection: close\r\n\r\n`;
    const { address, url } = bench.gateway;
    expect(await askRaw(address, `GET ${url}/${bench.service.host}/boards HTTP/1.1\r\n${head}`)).toContain(
      "path_refused",
    );
    expect(await askRaw(address, `GET http://evil.example/ HTTP/1.1\r\n${head}`)).toContain("path_refused");
    expect(await askRaw(address, `CONNECT ${bench.service.host} HTTP/1.1\r\n${head}`)).not.toContain("200");
    expect(await askRaw(address, `TRACE /${bench.service.host}/boards HTTP/1.1\r\n${head}`)).toContain(
      "request_refused",
    );
    nothingSent();
  });
});

describe("a request that would become another one", () => {
  it.each([
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "X-HTTP-Method-Override",
    "x-original-url",
    "x-rewrite-url",
    "x-original-method",
    "X_HTTP_Method_Override",
    "x_original_url",
    "x-original-uri",
    "x-envoy-original-path",
    "x-http-path-override",
  ])("by the header %s is refused", async (name) => {
    const got = await bench.ask("/boards", { headers: { ...bearer(), [name]: "DELETE" } });
    expect(got).toMatchObject({ status: 403, problem: "request_refused" });
    nothingSent();
  });

  it.each([
    "_method=DELETE",
    "a=1&%5Fmethod=DELETE",
    "X-HTTP-Method-Override=DELETE",
    "x_http_method_override=DELETE",
    ".method=DELETE",
    "+_method=DELETE",
    "%5Bmethod=DELETE",
    "a=1;_method=DELETE",
    "_method[]=DELETE",
  ])("by the query %s is refused", async (query) => {
    expect(await bench.ask(`/boards?${query}`)).toMatchObject({ status: 403, problem: "request_refused" });
    nothingSent();
  });

  it("by a form field is a write", async () => {
    const headers = { ...bearer(), "content-type": "application/x-www-form-urlencoded" };
    await bench.ask("/cards/search", { method: "POST", headers, body: "q=x&_method=DELETE" });
    expect(bench.asked[0]).toMatchObject({ operation: "cards search", access: "write" });
  });

  it.each([
    ["an escaped form field", "application/x-www-form-urlencoded", "q=x&%5Fmeth%6fd=DELETE"],
    ["a form field that PHP reads with an underscore", "application/x-www-form-urlencoded", "q=x&.method=DELETE"],
    ["an escaped JSON field", "application/json", String.raw`{"q":"x","\u005fmethod":"DELETE"}`],
    ["letters of another size", "application/json; charset=utf-16le", Buffer.from('{"_method":"DELETE"}', "utf16le")],
    ["letters of another kind", "application/json; charset=utf-7", '{"+AF8-method":"DELETE"}'],
  ])("by %s is a write", async (_how, type, body) => {
    await bench.ask("/cards/search", { method: "POST", headers: { ...bearer(), "content-type": type }, body });
    expect(bench.asked[0]).toMatchObject({ operation: "cards search", access: "write" });
  });

  it("by a compressed body, which hides its fields, is a write", async () => {
    const headers = { ...bearer(), "content-type": "application/json", "content-encoding": "gzip" };
    await bench.ask("/cards/search", { method: "POST", headers, body: gzipSync('{"_method":"DELETE"}') });
    expect(bench.asked[0]).toMatchObject({ operation: "cards search", access: "write" });
  });

  it("by two content types is refused", async () => {
    const headers = { ...bearer(), "content-type": ["application/json", "application/x-www-form-urlencoded"] };
    const got = await bench.ask("/cards/search", { method: "POST", headers, body: "{}" });
    expect(got).toMatchObject({ status: 403, problem: "request_refused" });
    nothingSent();
  });

  it("by two lengths, or length and chunks, is no request at all", async () => {
    const start = `POST /${bench.service.host}/cards/search HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bench.token}\r\n`;
    const smuggled = `DELETE /${bench.service.host}/cards/1 HTTP/1.1\r\nhost: x\r\n\r\n`;
    for (const lengths of [
      "content-length: 3\r\ntransfer-encoding: chunked\r\n",
      "content-length: 3\r\ncontent-length: 7\r\n",
      "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
      "transfer-encoding: xchunked\r\n",
      "content-length: +3\r\n",
    ]) {
      expect(await askRaw(bench.gateway.address, `${start}${lengths}\r\n0\r\n\r\n${smuggled}`)).toMatch(
        /^HTTP\/1\.1 4/,
      );
    }
    nothingSent();
  });

  it("by headers between neighbours does not pass them on", async () => {
    await bench.ask("/boards", {
      headers: {
        ...bearer(),
        connection: "close, x-internal",
        "x-internal": "1",
        te: "trailers",
        "proxy-authorization": "Basic eDp5",
        forwarded: "for=127.0.0.1",
        range: "bytes=0-3",
        "x-kept": "yes",
      },
    });
    const headers = bench.service.seen[0]?.headers;
    expect(headers).toMatchObject({ "x-kept": "yes" });
    for (const name of ["x-internal", "te", "proxy-authorization", "forwarded", "range"])
      expect(headers).not.toHaveProperty(name);
  });

  it("by its own Authorization beside the grant keeps ours", async () => {
    await bench.ask("/boards", { headers: { "x-api-key": bench.token, authorization: "Bearer somebody-else" } });
    expect(bench.service.seen[0]?.headers.authorization).toBe(`Bearer ${canary}`);
  });
});

describe("a yes", () => {
  it("that comes when the run is over sends nothing, whoever still waits with its grant", async () => {
    bench.permits(() => Promise.resolve(bench.endRun()));
    const got = await bench.ask("/cards", { method: "POST", headers: bearer(), body: "{}" });
    expect(got).toMatchObject({ status: 403, problem: "grant_invalid" });
    expect(bench.service.seen).toEqual([]);
    expect(bench.recorded).toMatchObject([{ refused: true }]);
  });

  const send = async (contentType: string, body: string) => {
    await bench.ask("/cards", { method: "POST", headers: { ...bearer(), "content-type": contentType }, body });
    return bench.asked.at(-1)?.hash();
  };
  const form = (boundary: string, amount: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="amount"\r\n\r\n${amount}\r\n--${boundary}--\r\n`;

  it("for a form is for the same form with another boundary", async () => {
    const one = await send("multipart/form-data; boundary=abcdef", form("abcdef", "100"));
    expect(await send('multipart/form-data; boundary="uvwxyz"', form("uvwxyz", "100"))).toBe(one);
  });

  it("for a form is not for one whose boundary swallows its digits", async () => {
    const one = await send("multipart/form-data; boundary=1", form("1", "100"));
    expect(await send("multipart/form-data; boundary=9", form("9", "900"))).not.toBe(one);
  });

  it("for a form is not for one that has the delimiter in another place", async () => {
    const one = await send("multipart/form-data; boundary=abc", form("abc", "1\r\n--xyz\r\n2"));
    expect(await send("multipart/form-data; boundary=xyz", form("xyz", "1\r\n--abc\r\n2"))).not.toBe(one);
  });

  it("for a text is not for the same text read as a form", async () => {
    const body = '{"note":"&amount=900&"}';
    const one = await send("application/json", body);
    expect(await send("application/x-www-form-urlencoded", body)).not.toBe(one);
    expect(await send("application/json; charset=utf-7", body)).not.toBe(one);
  });
});

describe("a header that names somebody else", () => {
  const send = async (headers: Ask["headers"]) => {
    await bench.ask("/cards", { method: "POST", headers: { ...bearer(), ...headers }, body: "{}" });
    return bench.asked.at(-1);
  };

  it("is shown, and a yes without it is none with it", async () => {
    const plain = await send({});
    const acting = await send({ "X-Act-For": "bob", "if-match": "*" });
    expect(acting?.headers).toEqual([
      { name: "if-match", value: "*" },
      { name: "x-act-for", value: "bob" },
    ]);
    expect(acting?.hash()).not.toBe(plain?.hash());
    expect(acting?.hash()).not.toBe((await send({ "X-Act-For": "eve", "if-match": "*" }))?.hash());
  });

  it("is told from those that say nothing of what is done", async () => {
    const plain = await send({ "user-agent": "a", accept: "text/html", "idempotency-key": "1", "x-request-id": "1" });
    expect(plain?.headers).toEqual([]);
    expect(plain?.hash()).toBe((await send({ "user-agent": "b", "idempotency-key": "2" }))?.hash());
  });
});

describe("too much", () => {
  it("in headers is refused", async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`x-${n}`, "1"]));
    expect(await bench.ask("/boards", { headers: { ...bearer(), ...many } })).toMatchObject({
      problem: "request_refused",
    });
    expect((await bench.ask("/boards", { headers: { ...bearer(), "x-long": "x".repeat(40_000) } })).status).toBe(431);
    nothingSent();
  });

  it("in the body is refused, announced or not, and before a grant is shown sooner", async () => {
    await bench.close();
    bench = await startBench({ gateway: { maxBodyBytes: 2_000_000 } });
    const ask = (body: Buffer, headers: Ask["headers"]) =>
      bench.ask("/cards", { method: "POST", headers: headers ?? {}, body });
    const large = Buffer.alloc(3_000_000, "x");
    expect(await ask(large, { ...bearer(), "content-length": String(large.length) })).toMatchObject({
      problem: "request_refused",
    });
    const chunked = { ...bearer(), "transfer-encoding": "chunked" };
    expect(await ask(large, chunked).catch(() => ({ problem: "request_refused" }))).toMatchObject({
      problem: "request_refused",
    });
    const anonymous = { "content-length": "1500000" };
    expect(await ask(large.subarray(0, 1_500_000), anonymous)).toMatchObject({ problem: "request_refused" });
    nothingSent();
  });
});

describe("bodies that wait for a person", () => {
  it("of one run fill no more than a bounded part of the memory, and give it back", async () => {
    await bench.close();
    bench = await startBench({ gateway: { maxBodyBytes: 100_000 } });
    const answer = Promise.withResolvers<void>();
    bench.permits(() => answer.promise);
    const send = () => bench.ask("/cards", { method: "POST", headers: bearer(), body: Buffer.alloc(90_000, "x") });
    const first = [send(), send()];
    await expect.poll(() => bench.asked.length).toBe(2);
    expect(await send()).toMatchObject({ status: 403, problem: "request_refused" });
    answer.resolve();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await send()).status).toBe(200);
  });
});

describe("the credential", () => {
  it.each([
    ["a header", { in: "header" as const, name: "x-api-key" }],
    ["the query", { in: "query" as const, name: "key" }],
    ["a cookie", { in: "cookie" as const, name: "sid" }],
    ["the body", { in: "body" as const, name: "auth.key" }],
    ["the Basic user", { in: "basic_user" as const }],
    ["the Basic password", { in: "basic_password" as const }],
  ])("placed in %s and echoed in header, body, stream and location shows nowhere", async (_where, place) => {
    await bench.close();
    const secret = place.in === "cookie" ? "canary-31/+=x" : canary;
    bench = await startBench({ placements: [{ place, secret: new Secret(secret) }] });
    const echo = (seen: object) =>
      JSON.stringify({ seen, plain: secret, base64: Buffer.from(secret).toString("base64") });
    bench.service.answers((seen, response) => {
      response.setHeader("x-echo", [secret, encodeURIComponent(secret)]);
      response.setHeader("location", `/cards/1?key=${encodeURIComponent(secret)}`);
      const body = echo(seen);
      if (seen.url.startsWith("/cards/search")) {
        const half = body.indexOf("canary") + 3;
        response.write(body.slice(0, half));
        setTimeout(() => response.end(body.slice(half)), 10);
      } else {
        response.statusCode = 201;
        response.end(body);
      }
    });
    for (const path of ["/cards", "/cards/search"]) {
      const got = await bench.ask(path, {
        method: "POST",
        headers: { ...bearer(), "content-type": "application/json" },
        body: "{}",
      });
      expect(got.text).toContain("[secret]");
      const shown =
        got.text +
        JSON.stringify(got.headers) +
        bench.log.join("\n") +
        JSON.stringify(bench.asked) +
        bench.asked.map((asked) => asked.shownBody());
      expect(shown).not.toContain("canary-31");
      expect(shown).not.toContain(encodeURIComponent(secret));
      expect(shown).not.toContain(Buffer.from(secret).toString("base64"));
    }
    expect(JSON.stringify(bench.service.seen)).toMatch(/canary-31|Basic /);
  });

  it("in the name of a header, in letters of another size, shows nowhere", async () => {
    await bench.close();
    const secret = "Canary-31-Abc";
    bench = await startBench({
      placements: [{ place: { in: "header", name: "x-key" }, secret: new Secret(secret) }],
    });
    bench.service.answers((_, response) => {
      response.setHeader(`x-for-${secret}`, "1");
      response.end("{}");
    });
    expect(JSON.stringify((await bench.ask("/boards")).headers).toLowerCase()).not.toContain("canary-31");
  });

  it("in a redirect does not get into what is asked, shown and kept", async () => {
    const path = (seen: { url: string }) => seen.url === "/boards";
    bench.service.answers((seen, response) => {
      const to = `/boards/7?key=${encodeURIComponent(canary)}&b=1`;
      response.writeHead(path(seen) ? 302 : 200, path(seen) ? { location: to } : {});
      response.end("{}");
    });
    expect((await bench.ask("/boards")).status).toBe(200);
    expect(bench.asked.at(-1)).toMatchObject({ path: "/boards/7", query: "b=1" });

    bench.service.answers((_, response) => {
      response.writeHead(302, { location: `/boards/${encodeURIComponent("canary-31")}${encodeURIComponent("/+&=x")}` });
      response.end();
    });
    const before = bench.asked.length;
    expect(await bench.ask("/boards")).toMatchObject({ problem: expect.stringMatching(/refused/) });
    expect(JSON.stringify(bench.asked.slice(before))).not.toContain("canary");
  });

  it("cut in two by the end of what is kept of a 401 shows no half", async () => {
    bench.service.answers((_, response) => {
      response.writeHead(401, { "content-type": "text/plain" });
      response.write(`no: ${canary.slice(0, 9)}`);
      setTimeout(() => response.end(`${canary.slice(9)}${"x".repeat(70_000)}`), 30);
    });
    expect((await bench.ask("/boards")).text).not.toContain("canary");
  });

  it("is not in the log or the answer when something breaks", async () => {
    bench.authorizes(() => Promise.reject(new Error(`leak ${canary}`)));
    const got = await bench.ask("/boards");
    expect(got).toMatchObject({ status: 500, problem: "internal" });
    expect(got.text + bench.log.join("")).not.toContain("canary");
    expect(bench.log).toHaveLength(1);
  });
});
