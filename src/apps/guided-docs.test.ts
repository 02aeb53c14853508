import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChatEventBody } from "../contract/chat.ts";
import { connectTo } from "./cli/client.ts";
import { follow } from "./cli/follow.ts";
import { readSettings } from "./env.ts";
import { type RunningServer, startServer } from "./server/start.ts";
import { type SmallService, smallService } from "./testing/small-service.ts";

/** Docs for people at a host of their own; one of their pages links the description, two pages behind the one that was given. */
const pages: Record<string, string> = {};
const docs = createServer((request, response) => {
  const page = pages[request.url ?? ""];
  response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html" }).end(page ?? "nothing");
});
const folder = mkdtempSync(join(tmpdir(), "patchbay-guided-"));
let service: SmallService;
let server: RunningServer;
let address = "";
beforeAll(async () => {
  service = await smallService();
  await new Promise<void>((resolve) => docs.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(docs.address() as AddressInfo).port}`;
  address = `http://${host}`;
  const page = (title: string, link: string) =>
    `<html><head><title>${title}</title></head><body><main><h1>${title}</h1><p>${title} of the ledger, for people.</p>${link}</main></body></html>`;
  pages["/docs"] = page("Guide", '<a href="/docs/api">API reference</a>');
  pages["/docs/api"] = page("Reference", '<a href="/docs/api/tools">API for tools</a>');
  pages["/docs/api/tools"] = page("Tools", `<a href="${service.url}/openapi.json">description for programs</a>`);
  pages["/manual"] = page("Manual", "");
  const settings = { DATA_DIR: folder, PORT: "0", PRACTICE_PORT: "0", ALLOW_PRIVATE_HOSTS: `${host},${service.host}` };
  server = await startServer(readSettings(settings), { page: false, anyPort: true, quiet: true });
});
afterAll(async () => {
  await server.close();
  docs.close();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function said(text: string): Promise<ChatEventBody[]> {
  const api = connectTo(server);
  const { id } = await api.conversations.create({});
  await api.conversations.say({ id, text });
  const ended = new AbortController();
  const events: ChatEventBody[] = [];
  for await (const { body } of follow(api, id, 0, ended.signal)) {
    events.push(body);
    if (body.type === "turn_ended") break;
  }
  ended.abort();
  return events;
}

it("without a language model, docs are read as far as a description for programs, which becomes a proven tool", async () => {
  const events = await said(`connect me to ${address}/docs`);
  const steps = events.flatMap((one) => (one.type === "build_step" && one.state === "done" ? [one.step] : []));
  expect(steps).toContain("found the document behind the docs");
  expect(events.some((one) => one.type === "sign_in_needed")).toBe(true);
  const { proof } = await connectTo(server).connections.create({ slug: "ledger", secrets: { access_token: "t" } });
  expect(proof).toMatchObject({ ok: true, operation: "invoices list" });
  expect(service.calls).toContain("GET /v1/invoices");
});

it("without a language model, docs that lead to none are told to be for people, with what to do", async () => {
  const events = await said(`connect me to ${address}/manual`);
  const words = events.flatMap((one) => (one.type === "text" ? [one.text] : [])).join("");
  expect(words).toContain("I found pages for people there, but no description that a program can read.");
  expect(words).toContain("ANTHROPIC_API_KEY");
});
