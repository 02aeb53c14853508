import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { localSandbox } from "./local.ts";
import { openRuntime } from "./open-runtime.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const { arch } = process;
afterEach(() => {
  Object.defineProperty(process, "arch", { value: arch });
  vi.resetModules();
});

it("says what to do when there is no Deno for this machine, and runs the shell all the same", async () => {
  Object.defineProperty(process, "arch", { value: "sparc" });
  const sandbox = localSandbox({ gatewayAddress: undefined });
  const description = {
    slug: "x",
    hosts: [],
    operations: { "a list": { access: "read" as const, requests: ["GET /a"] } },
  };
  const prepare = async () => ({ env: {}, finish: async () => {} });
  const session = await sandbox.open({ id: "1", commands: () => [{ name: "x", description, code: "", prepare }] });
  try {
    await expect(sandbox.describe("")).rejects.toMatchObject({ code: "sandbox_unavailable" });
    const { exitCode, stderr } = await session.exec("x a list");
    expect(exitCode).toBe(5);
    expect(JSON.parse(stderr)).toMatchObject({
      ok: false,
      code: "sandbox_unavailable",
      message: expect.stringContaining("npm ci"),
    });
    expect(await session.exec("echo fine")).toMatchObject({ stdout: "fine\n" });
  } finally {
    await sandbox.close();
  }
});

it("removes its folder when it is closed", async () => {
  const runtime = await openRuntime();
  expect(existsSync(join(runtime.folder, "boot.js"))).toBe(true);
  await runtime.close();
  expect(existsSync(runtime.folder)).toBe(false);
});

it("removes what a killed server left, and nothing of one that runs", async () => {
  vi.resetModules();
  const dead = await mkdtemp(join(tmpdir(), "patchbay-sandbox-99999999-tools-"));
  const alive = await mkdtemp(join(tmpdir(), `patchbay-sandbox-${process.ppid}-tools-`));
  const fresh: { temporaryFolder: typeof temporaryFolder } = await import("./temporary-folder.ts");
  const own = await fresh.temporaryFolder("tools");
  expect([dead, alive, own].map((folder) => existsSync(folder))).toEqual([false, true, true]);
  for (const folder of [alive, own]) await rm(folder, { recursive: true });
});
