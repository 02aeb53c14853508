import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { proofOf } from "../../contract/opaque-token.ts";
import { findServer, serverFilePath } from "./client.ts";
import { isConnectionLost, isUnheard } from "./failure.ts";

it("does not take for its server what somebody else lets listen on the port of one that was killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-test-"));
  const seen: (string | undefined)[] = [];
  let knows = "";
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const challenge = new URL(request.url ?? "", "http://x").searchParams.get("challenge") ?? "";
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ok: true, ...(knows ? { proof: proofOf(knows, challenge) } : {}) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const file = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pid: 1, token: "pbk_canary" };
  writeFileSync(serverFilePath(folder), JSON.stringify(file));

  expect(await findServer(folder)).toBeUndefined();
  knows = "pbk_another";
  expect(await findServer(folder)).toBeUndefined();
  expect(seen).toEqual([undefined, undefined]);
  knows = "pbk_canary";
  expect(await findServer(folder)).toEqual(file);

  server.close();
  rmSync(folder, { recursive: true });
});

it("tells an answer that breaks off from a server that hears nothing", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const failed = () =>
    fetch(url)
      .then((answer) => answer.text())
      .catch((error: unknown) => error);
  const brokenOff = await failed();
  expect([isConnectionLost(brokenOff), isUnheard(brokenOff)]).toEqual([true, false]);
  await new Promise((resolve) => server.close(resolve));
  const unheard = await failed();
  expect([isConnectionLost(unheard), isUnheard(unheard)]).toEqual([true, true]);
  expect(isConnectionLost(new TypeError("x is not a function"))).toBe(false);
});
