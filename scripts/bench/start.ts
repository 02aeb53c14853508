import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { testServer } from "../../src/database/testing/test-server.ts";
import { median } from "./figures.ts";
import type { Bench, Row } from "./main.ts";

const main = resolve(import.meta.dirname, "../../src/apps/cli/main.ts");

/** From `node main.ts start` to the first answer of the page, on an empty data folder and on one that exists; memory when idle. */
export const bench: Bench = async () => {
  const first: number[] = [];
  const again: number[] = [];
  const rss: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
    try {
      first.push((await startOnce({ DATA_DIR: folder })).ms);
      const second = await startOnce({ DATA_DIR: folder }, 3000);
      again.push(second.ms);
      rss.push(second.rssMb);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const rows: Row[] = [
    { name: "first start ever", value: median(first), unit: "ms", aim: "4,000" },
    { name: "start on an existing data folder", value: median(again), unit: "ms", aim: "1,500" },
    { name: "idle memory of the server, PGlite inside", value: median(rss), unit: "MB" },
  ];
  const { port } = await testServer(process.pid);
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  const settings = {
    DATA_DIR: folder,
    DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres`,
    VAULT_KEYS: `bench:${Buffer.alloc(32, 7).toString("base64")}`,
  };
  await startOnce(settings);
  const postgres = await startOnce(settings, 3000);
  rmSync(folder, { recursive: true, force: true });
  rows.push(
    { name: "start on an existing Postgres", value: postgres.ms, unit: "ms" },
    {
      name: "idle memory of the server on Postgres",
      value: postgres.rssMb,
      unit: "MB",
      ratio: postgres.rssMb / median(rss),
    },
  );
  return { title: "Start", rows };
};

/** Starts the server as a person would, waits for its first answer, lets it rest, and stops it. */
async function startOnce(settings: Record<string, string>, restMs = 0): Promise<{ ms: number; rssMb: number }> {
  const begun = performance.now();
  const server = spawn(process.execPath, [main, "start"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      PORT: "0",
      PRACTICE_PORT: "0",
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const url = await addressOf(server);
    const answer = await fetch(`${url}/health`);
    if (!answer.ok) throw new Error(`health answers ${answer.status}`);
    const ms = performance.now() - begun;
    await wait(restMs);
    return { ms, rssMb: residentMb(server.pid) };
  } finally {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  }
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = "";
    const read = (data: Buffer) => {
      told += data.toString();
      const url = /running at (http:\S+)/.exec(told)?.[1];
      if (url) resolve(url);
    };
    server.stdout?.on("data", read);
    server.stderr?.on("data", read);
    server.once("exit", () => reject(new Error(`the server ended: ${told.slice(-500)}`)));
  });
}

function residentMb(pid: number | undefined): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}
