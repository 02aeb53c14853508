import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardedFetch } from "../../gateway/guarded-fetch.ts";
import { readHost } from "../../gateway/host.ts";
import { hostPolicy } from "../../gateway/host-policy.ts";
import { createIcons, iconAddress, readIcon } from "./icons.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let service: Server;
let host: string;
let folder: string;
let asked: string[] = [];
let answer: { status?: number; type?: string; body: string | Buffer; location?: string };

beforeEach(async () => {
  asked = [];
  answer = { body: png };
  folder = mkdtempSync(join(tmpdir(), "patchbay-icons-"));
  service = createServer(({ url, headers }, response) => {
    asked.push(`${url} ${headers.cookie ?? ""}${headers.authorization ?? ""}`.trim());
    const { status = 200, type = "image/png", location } = answer;
    response.writeHead(status, { "content-type": type, ...(location ? { location } : {}) }).end(answer.body);
  });
  await new Promise<void>((resolve) => void service.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

let time = Date.now();
const icons = (allowed = [host]) => {
  const policy = hostPolicy({ allowPrivateHosts: allowed });
  const isPrivate = (name: string) => policy.isListed(readHost(name));
  return createIcons({ fetch: guardedFetch(policy), isPrivate, folder, now: () => time });
};
const logo = () => ({ iconUrl: `http://${host}/logo`, hosts: [host] });

describe("an icon of a service", () => {
  it("is fetched once, for two that ask at once, after a restart too, and again after a week", async () => {
    const first = icons();
    const both = await Promise.all([first.get(logo()), first.get(logo())]);
    expect(both.map((icon) => icon?.type)).toEqual(["image/png", "image/png"]);
    expect(await icons().get(logo())).toMatchObject({ type: "image/png", bytes: new Uint8Array(png) });
    expect(asked).toEqual(["/logo"]);
    time += 8 * 24 * 3_600_000;
    await icons().get(logo());
    expect(asked).toHaveLength(2);
  });

  it("from one's own network is shown for an integration of that host only, also once it is kept", async () => {
    const all = icons();
    expect(await all.get({ ...logo(), hosts: ["api.evil.example"] })).toBeUndefined();
    expect(await all.get(logo())).toMatchObject({ type: "image/png" });
    expect(await all.get({ ...logo(), hosts: ["api.evil.example"] })).toBeUndefined();
    expect(await all.get({ iconUrl: "javascript:alert(1)", hosts: [] })).toBeUndefined();
  });

  it("stays as it was when the service gives none any more, and is not asked for with every look", async () => {
    await icons().get(logo());
    time += 8 * 24 * 3_600_000;
    answer = { status: 500, body: "" };
    const again = icons();
    expect(await again.get(logo())).toMatchObject({ type: "image/png" });
    expect(await again.get(logo())).toMatchObject({ type: "image/png" });
    expect(asked).toHaveLength(2);
  });

  it.each<[string, typeof answer]>([
    ["a page called a picture", { type: "image/png", body: "<!doctype html><script>alert(1)</script>" }],
    ["a script called a picture", { type: "image/svg+xml", body: "alert(1)" }],
    ["an SVG that is a page", { type: "image/svg+xml", body: "<svg></svg><script>alert(1)</script>" }],
    ["a megabyte", { body: Buffer.concat([png, Buffer.alloc(1_000_000)]) }],
    ["a redirect to cloud metadata", { status: 302, location: "http://169.254.169.254/latest", body: "" }],
    ["a redirect to this machine", { status: 302, location: "http://127.0.0.1:1/", body: "" }],
    ["no answer it likes", { status: 404, body: "" }],
  ])("is none when the service sends %s", async (_, sent) => {
    answer = sent;
    expect(await icons().get(logo())).toBeUndefined();
  });

  it("is what its first bytes say, not what the service calls it", async () => {
    answer = { type: "text/html", body: png };
    expect(await icons().get(logo())).toMatchObject({ type: "image/png" });
  });

  it("is a harmless picture when the SVG holds a script", async () => {
    answer = { type: "image/svg+xml", body: '<svg onload="alert(1)"><script>alert(1)</script><path d="M0 0"/></svg>' };
    const icon = await icons().get(logo());
    expect(icon?.type).toBe("image/svg+xml");
    expect(new TextDecoder().decode(icon?.bytes)).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>',
    );
  });

  it("of one service cannot be fetched from a private host that only another may reach", async () => {
    expect(await icons().get({ iconUrl: `http://${host}/admin/delete`, hosts: ["api.example.com"] })).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("cannot be fetched from a private host that is not listed at all", async () => {
    expect(await icons([]).get(logo())).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("with more pixels than an icon has is none", () => {
    const bomb = new Uint8Array(png);
    new DataView(bomb.buffer).setUint32(16, 60_000);
    expect(readIcon(bomb)).toBeUndefined();
  });

  it("has an address here, which changes with it", () => {
    const one = iconAddress({ slug: "trello", iconUrl: "https://trello.com/a.png" });
    expect(one).toMatch(/^\/icons\/trello\?v=[0-9a-f]{8}$/);
    expect(iconAddress({ slug: "trello", iconUrl: "https://trello.com/b.png" })).not.toBe(one);
    expect(iconAddress({ slug: "trello" })).toBeUndefined();
  });
});
