import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHouse } from "../../src/apps/assemble.ts";
import { readSettings } from "../../src/apps/env.ts";
import { compile } from "../../src/builder/openapi/compile.ts";
import { writeFolder } from "../../src/builder/openapi/write-folder.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { Bench } from "./main.ts";
import { median, percentile } from "./figures.ts";

const rounds = 30;

/**
 * One warm read: shell → process → gateway → the practice service → output, against the same generated file run by itself,
 * `node cli.ts boards list`, with the key in its environment. In turn, so that a slow moment strikes both.
 */
export const bench: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  const settings = readSettings({ DATA_DIR: join(folder, "data"), PORT: "0", PRACTICE_PORT: "0" });
  const house = await openHouse(settings, () => undefined);
  try {
    await house.begin();
    const { practice } = house;
    if (!practice) throw new Error("there is no practice service");
    const scope = await house.people.owner();
    const integration = await house.builder.build(scope, { wish: "practice" }, { onStep: () => undefined });
    if ("kind" in integration) throw new Error("the practice service has a document");
    const method = integration.auth.find((one) => one.type === "api_key" && one.fields.length === 1);
    if (method?.type !== "api_key") throw new Error("the practice service takes one key");
    const [field] = method.fields;
    const key = practice.keys.apiKey;
    const connection = await house.connections.connectWithSecrets(scope, {
      integrationId: integration.id,
      methodId: method.id,
      secrets: { [field?.name ?? ""]: new Secret(key) },
      variables: {},
    });
    await house.prove(scope, connection.id);
    const conversation = await house.agent.conversations.create(scope, "bench");

    const document = await (await fetch(practice.documentUrl)).text();
    const tool = join(folder, "tool");
    await writeFolder(await compile(document, { slug: "practice", fetchedFrom: practice.documentUrl }), tool);
    const environment = {
      PATH: process.env["PATH"] ?? "",
      [`PRACTICE_${(field?.name ?? "").toUpperCase()}`]: key,
      PRACTICE_API_KEY: key,
    };

    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds + 3; round += 1) {
      const begun = performance.now();
      const result = await house.runs.shell(scope, {
        conversationId: conversation.id,
        command: "practice boards list --limit 1",
      });
      const middle = performance.now();
      if (result.exitCode !== 0) throw new Error(result.stderr);
      await direct(tool, environment);
      const end = performance.now();
      if (round < 3) continue; // the first calls fill caches on both sides
      ours.push(middle - begun);
      theirs.push(end - middle);
      await new Promise((resolve) => setTimeout(resolve, 150)); // somebody reads the answer meanwhile; the pool refills
    }
    const pool = childrenOf(process.pid).filter((one) => one.command.includes("deno"));
    const poolMb = pool.reduce((sum, one) => sum + one.rssMb, 0);
    return {
      title: `A warm tool call (${rounds} in turn)`,
      rows: [
        {
          name: "shell → process → gateway → API, median",
          value: median(ours),
          unit: "ms",
          ratio: median(ours) / median(theirs),
          aim: "under 1.0",
        },
        {
          name: "the same, 95th percentile",
          value: percentile(ours, 0.95),
          unit: "ms",
          ratio: percentile(ours, 0.95) / percentile(theirs, 0.95),
        },
        { name: "node cli.ts boards list, median", value: median(theirs), unit: "ms" },
        { name: `resident memory of the pool (${pool.length} processes)`, value: poolMb, unit: "MB" },
      ],
    };
  } finally {
    await house.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

function direct(tool: string, env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["cli.ts", "boards", "list", "--limit", "1"], {
      cwd: tool,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(complaint))));
  });
}

/** Processes started by this one, from /proc; none where there is no /proc. */
function childrenOf(pid: number): { command: string; rssMb: number }[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const status = readFileSync(`/proc/${name}/status`, "utf8");
          if (!new RegExp(`^PPid:\\s+${pid}$`, "m").test(status)) return [];
          const rssMb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
          return [{ command: readFileSync(`/proc/${name}/cmdline`, "utf8"), rssMb }];
        } catch {
          return []; // it ended while we looked
        }
      });
  } catch {
    return [];
  }
}
