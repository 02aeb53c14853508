import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileToFolder } from "./compile-to-folder.ts";
import { readSettings } from "./env.ts";

/** What a stranger's document would like to have read: a service on this machine. */
const asked: string[] = [];
const inside = createServer((request, response) => {
  if (request.url === "/openapi.json") return void response.end(JSON.stringify(document()));
  asked.push(request.url ?? "");
  response.end(JSON.stringify({ P: { name: "inner", in: "query", schema: {} }, B: { content: { "text/plain": {} } } }));
});
const folder = mkdtempSync(join(tmpdir(), "patchbay-compile-"));
let site = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
  site = `127.0.0.1:${(inside.address() as AddressInfo).port}`;
});
afterAll(() => {
  inside.close();
  rmSync(folder, { recursive: true, force: true });
});

const elsewhere = (place: string) => ({ $ref: `http://${place}` });
const document = () => ({
  openapi: "3.1.0",
  info: { title: "Refs", version: "1" },
  servers: [{ url: "https://api.refs.example" }],
  paths: {
    "/parameter": { get: { parameters: [elsewhere(`${site}/p.json#/P`)] } },
    "/body": { post: { requestBody: elsewhere(`${site}/b.json#/B`) } },
    "/item": elsewhere(`${site}/item.json`),
    "/machine": { get: { parameters: [elsewhere("169.254.169.254/latest/meta-data#/P")] } },
    "/name": { get: { parameters: [elsewhere("localhost:1/p.json#/P")] } },
    "/ok": { get: {} },
  },
});

async function compiled(from: string, settings: Record<string, string> = {}): Promise<{ told: string; code: string }> {
  let told = "";
  const out = join(folder, "tool");
  await compileToFolder(readSettings({ DATA_DIR: folder, ...settings }), from, { out }, (text) => (told += text));
  return { told, code: readFileSync(join(out, "cli.ts"), "utf8") };
}

it.each([
  ["by nobody", () => ({})],
  // What lies at no place, as a file does, leads nowhere inside.
  ["by this installation", () => ({ ALLOW_PRIVATE_HOSTS: site })],
])(
  "never asks a private address, listed %s, for a part of a file, and names what goes without it",
  async (_, settings) => {
    const file = join(folder, "openapi.json");
    writeFileSync(file, JSON.stringify(document()));
    const { told, code } = await compiled(file, settings());
    expect(asked).toEqual([]);
    for (const what of [
      "a parameter of GET /parameter",
      "the body of POST /body",
      "/item",
      "a parameter of GET /machine",
    ])
      expect(told).toContain(`left out    ${what}: its description is not in the document`);
    expect(told).toContain(`left out    http://${site}/p.json: a part of the document that lies elsewhere`);
    expect(code).toContain('"ok get": { access: "read", request: "GET /ok" }');
    // A body that nobody describes can still be given.
    expect(code).toContain('"body create": { access: "write", request: "POST /body", body: {} }');
    expect(code).not.toContain("inner");
  },
);

it("asks the private address that the document itself was fetched from, because a person typed it", async () => {
  const { code } = await compiled(`http://${site}/openapi.json`);
  expect(asked.toSorted()).toEqual(["/b.json", "/item.json", "/p.json"]);
  expect(code).toContain("input: { inner: {} }");
});
