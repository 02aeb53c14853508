import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lockFolder } from "./data-folder.ts";
import { openDatabase } from "./open.ts";
import { withinTenant } from "./database.ts";
import { person } from "./tables.ts";

const folder = mkdtempSync(join(tmpdir(), "patchbay-folder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let turn = 0;
const fresh = () => join(folder, String((turn += 1)));

/** Runs another process on a folder; `said` is the first line it writes. */
async function another(script: string): Promise<{ said: string; kill(): Promise<void> }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const said = await new Promise<string>((resolve) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once("exit", () => resolve(""));
  });
  return {
    said,
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

const module = (file: string) => JSON.stringify(join(import.meta.dirname, file));
const holds = (at: string) => `
  import { lockFolder } from ${module("data-folder.ts")};
  await lockFolder(${JSON.stringify(at)});
  console.log("locked");
  setInterval(() => undefined, 1000);`;

it("refuses a second server on a folder, in this process and in another", async () => {
  const at = fresh();
  const lock = await lockFolder(at);
  await expect(lockFolder(at)).rejects.toMatchObject({
    code: "data_folder_in_use",
    facts: { folder: at, pid: process.pid },
  });
  const other = await another(`
    import { lockFolder } from ${module("data-folder.ts")};
    console.log(await lockFolder(${JSON.stringify(at)}).then(() => "locked", (error) => error.message));`);
  expect(other.said).toBe(
    `Another Patchbay (process ${process.pid}) is using ${at}. Stop it, or choose another folder with DATA_DIR.`,
  );
  lock.release();
  (await lockFolder(at)).release();
  expect(readdirSync(at)).toEqual([]);
});

it("takes over the lock of a process that was killed", async () => {
  const at = fresh();
  const other = await another(holds(at));
  expect(other.said).toBe("locked");
  await expect(lockFolder(at)).rejects.toMatchObject({ code: "data_folder_in_use" });
  await other.kill();
  (await lockFolder(at)).release();
});

it("takes over a lock whose process id belongs to another process by now", async () => {
  const at = fresh();
  const lock = await lockFolder(at);
  const file = join(at, "server.lock");
  const holder = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, JSON.stringify({ ...holder, started: "long ago", mark: "other" }));
  const next = await lockFolder(at);
  lock.release(); // no longer ours: it stays
  await expect(lockFolder(at)).rejects.toMatchObject({ code: "data_folder_in_use" });
  next.release();
});

it.each(["", "{", '{"pid":-1}', "null"])("takes over a lock that says %j", async (text) => {
  const at = fresh();
  (await lockFolder(at)).release();
  writeFileSync(join(at, "server.lock"), text);
  const lock = await lockFolder(at);
  await expect(lockFolder(at)).rejects.toMatchObject({ code: "data_folder_in_use" });
  lock.release();
});

it("gives a dead lock to one of several that want it at once", async () => {
  const at = fresh();
  const dead = await another(holds(at));
  await dead.kill();
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => lockFolder(at)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it("has everything that was committed after the server was killed", async () => {
  const at = fresh();
  const server = await another(`
    import { openDatabase } from ${module("open.ts")};
    const database = await openDatabase({ dataDir: ${JSON.stringify(at)} });
    const ids = [];
    for (let turn = 0; turn < 20; turn++) ids.push((await database.createTenant("A", { name: "Ann " + turn })).tenantId);
    console.log(ids.join());
    for (;;) await database.createTenant("B", { name: "Bob" }); // killed in the middle of one`);
  const ids = server.said.split(",");
  expect(ids).toHaveLength(20);
  await server.kill();

  const database = await openDatabase({ dataDir: at });
  expect((await database.tenants()).slice(0, 20)).toEqual(ids);
  const people = await withinTenant(database, ids[19] ?? "", (tx) => tx.select().from(person));
  expect(people).toMatchObject([{ name: "Ann 19" }]);
  // No tenant without its first person: both were committed, or neither.
  for (const tenantId of await database.tenants()) {
    expect(await withinTenant(database, tenantId, (tx) => tx.select().from(person))).toHaveLength(1);
  }
  await database.close();
});
