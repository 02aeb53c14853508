import { type Server, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardedFetch } from "./guarded-fetch.ts";
import { hostPolicy } from "./host-policy.ts";
import { certificate, key } from "./testing/self-signed.ts";

let server: Server;
let host: string;
let respond: Parameters<typeof createServer>[1];
const seen: string[] = [];

beforeEach(async () => {
  seen.length = 0;
  respond = (_, response) => void response.end("hello");
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    respond?.(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const fetching = () => guardedFetch(hostPolicy({ allowPrivateHosts: [host] }));
const redirectTo = (location: string, status = 302) => {
  respond = ({ url }, response) => {
    if (url === "/start") response.writeHead(status, { location }).end();
    else response.end("arrived");
  };
};

describe("the server's own fetch", () => {
  it("gives status, headers, body and where it came from", async () => {
    respond = (_, response) => void response.writeHead(201, { "content-type": "text/plain", "x-a": "1" }).end("hello");
    const answer = await fetching()(`http://${host}/docs?x=1#part`);
    expect(answer).toMatchObject({ status: 201, url: `http://${host}/docs?x=1` });
    expect(answer.headers.get("x-a")).toBe("1");
    expect(await answer.text()).toBe("hello");
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["gzip, br", (plain: string) => brotliCompressSync(gzipSync(plain))],
  ])("undoes %s", async (encoding, compress) => {
    respond = (_, response) => void response.writeHead(200, { "content-encoding": encoding }).end(compress("hello"));
    const answer = await fetching()(`http://${host}/`);
    expect(await answer.text()).toBe("hello");
    expect(answer.headers.has("content-encoding")).toBe(false);
  });

  it("sends a form", async () => {
    let got = "";
    respond = async (request, response) => {
      for await (const chunk of request) got += String(chunk);
      response.end(request.headers["content-type"]);
    };
    const body = new URLSearchParams({ code: "a b" });
    const answer = await fetching()(`http://${host}/token`, { method: "POST", body });
    expect(got).toBe("code=a+b");
    expect(await answer.text()).toContain("application/x-www-form-urlencoded");
  });

  it("connects to the address that was checked, by name and certificate, and asks no second time", async () => {
    const names: (string | undefined)[] = [];
    const secure = createTlsServer({ cert: certificate, key }, (request, response) => {
      names.push(request.headers.host);
      response.end("secure");
    });
    await new Promise<void>((resolve) => void secure.listen(0, "127.0.0.1", resolve));
    const { port } = secure.address() as AddressInfo;
    let lookups = 0;
    const lookup = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }];
    };
    const policy = hostPolicy({ allowPrivateHosts: [`api.example.com:${port}`], lookup, ca: [certificate] });
    const fetch = guardedFetch(policy);
    expect(await (await fetch(`https://api.example.com:${port}/`)).text()).toBe("secure");
    expect(await (await fetch(`https://api.example.com:${port}/`)).text()).toBe("secure");
    expect(names).toEqual([`api.example.com:${port}`, `api.example.com:${port}`]);
    expect(lookups).toBe(1);
    policy.allow(`other.example.com:${port}`);
    const fresh = guardedFetch(
      hostPolicy({
        allowPrivateHosts: [`other.example.com:${port}`],
        lookup: async () => [{ address: "127.0.0.1", family: 4 }],
        ca: [certificate],
      }),
    );
    await expect(fresh(`https://other.example.com:${port}/`)).rejects.toMatchObject({ code: "service_unreachable" });
    secure.closeAllConnections();
    secure.close();
  });
});

describe("a private or metadata address", () => {
  it.each([
    "http://127.0.0.1:1/",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://localhost/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127.0.0.1。/",
    "https://example.com@127.0.0.1/",
    "https://user:pass@example.com/",
    "https:\\\\127.0.0.1\\",
    "http://example.com/",
    "file:///etc/passwd",
    "data:text/plain,hello",
    "ftp://example.com/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "not a url",
  ])("as %s is refused", async (url) => {
    await expect(fetching()(url)).rejects.toMatchObject({
      code: expect.stringMatching(/^(address|host|scheme)_refused$/),
    });
    expect(seen).toEqual([]);
  });

  it("by a name that points there is refused", async () => {
    const lookup = async () => [{ address: "169.254.169.254", family: 4 }];
    const fetch = guardedFetch(hostPolicy({ allowPrivateHosts: [], lookup }));
    await expect(fetch("https://rebind.example/")).rejects.toMatchObject({ code: "address_refused" });
  });

  it.each([
    "http://127.0.0.1:1/",
    "http://169.254.169.254/latest/meta-data",
    "https://0x7f000001/",
    "http://[::1]/",
    "file:///etc/passwd",
    "//169.254.169.254/",
    "http://user:pass@127.0.0.1/",
  ])("by a redirect to %s is refused", async (location) => {
    redirectTo(location);
    await expect(fetching()(`http://${host}/start`)).rejects.toMatchObject({
      code: expect.stringMatching(/^(address|redirect|scheme)_refused$/),
    });
    expect(seen).toEqual(["GET /start"]);
  });
});

describe("a redirect", () => {
  it("is followed on the same host", async () => {
    redirectTo("/end");
    const answer = await fetching()(`http://${host}/start`);
    expect(await answer.text()).toBe("arrived");
    expect(answer.url).toBe(`http://${host}/end`);
  });

  it("ends after five", async () => {
    redirectTo("/start");
    await expect(fetching()(`http://${host}/start`)).rejects.toMatchObject({ code: "redirect_refused" });
    expect(seen).toHaveLength(6);
  });

  it("is refused where the caller says so, and outside the hosts it names", async () => {
    redirectTo("/end");
    await expect(fetching()(`http://${host}/start`, { redirects: "refuse" })).rejects.toMatchObject({
      code: "redirect_refused",
    });
    const allowHosts = (name: string) => name !== host;
    await expect(fetching()(`http://${host}/start`, { allowHosts })).rejects.toMatchObject({ code: "host_refused" });
  });

  it("to another origin takes no body and no credential along", async () => {
    const other = createServer((request, response) => void response.end(JSON.stringify(request.headers)));
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const elsewhere = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    redirectTo(`http://${elsewhere}/end`, 307);
    const fetch = guardedFetch(hostPolicy({ allowPrivateHosts: [host, elsewhere] }));
    const post = fetch(`http://${host}/start`, { method: "POST", body: "secret=1" });
    await expect(post).rejects.toMatchObject({ code: "redirect_refused" });
    const headers = { authorization: "Bearer canary-31", cookie: "sid=canary-31", accept: "text/html" };
    const text = await (await fetch(`http://${host}/start`, { headers })).text();
    expect(text).toContain("text/html");
    expect(text).not.toContain("canary-31");
    other.closeAllConnections();
    other.close();
  });
});

describe("too much or too long", () => {
  it("is cut off: a large body, a small one that unpacks to a large one", async () => {
    const large = Buffer.alloc(5_000_000);
    respond = (_, response) => void response.end(large);
    await expect(fetching()(`http://${host}/`, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: "answer_too_large",
    });
    respond = (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(large));
    await expect(fetching()(`http://${host}/`, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: "answer_too_large",
    });
  });

  it("is given up: a host that never answers, one that never ends, a name that never resolves", async () => {
    const slow = expect.objectContaining({ code: "answer_too_slow" });
    respond = () => undefined;
    await expect(fetching()(`http://${host}/`, { timeoutMs: 150 })).rejects.toEqual(slow);
    respond = (_, response) => void response.write("a");
    await expect(fetching()(`http://${host}/`, { timeoutMs: 150 })).rejects.toEqual(slow);
    const silent = guardedFetch(hostPolicy({ allowPrivateHosts: [], lookup: () => new Promise(() => undefined) }));
    await expect(silent("https://silent.example/", { timeoutMs: 150 })).rejects.toEqual(slow);
  });

  it("ends when the caller does", async () => {
    respond = () => undefined;
    const caller = new AbortController();
    const asking = fetching()(`http://${host}/`, { signal: caller.signal });
    caller.abort(new Error("stopped"));
    await expect(asking).rejects.toThrow("stopped");
  });

  it("is told apart from a host that is not there", async () => {
    const fetch = guardedFetch(hostPolicy({ allowPrivateHosts: ["127.0.0.1:1"] }));
    await expect(fetch("http://127.0.0.1:1/")).rejects.toMatchObject({ code: "service_unreachable" });
    const nowhere = guardedFetch(hostPolicy({ allowPrivateHosts: [], lookup: async () => [] }));
    await expect(nowhere("https://nowhere.example/")).rejects.toMatchObject({ code: "service_unreachable" });
  });
});
