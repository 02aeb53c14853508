import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

it.runIf(process.platform === "linux")(
  "a browser ends with the process that started it, also when that is killed",
  async () => {
    const script = `
    const { launchBrowser } = await import("./launch-browser.ts");
    await (await launchBrowser()).newPage();
    console.log("open");
    setInterval(() => undefined, 1000);`;
    const starter = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: import.meta.dirname });
    await once(starter.stdout, "data");
    const children = readFileSync(`/proc/${starter.pid}/task/${starter.pid}/children`, "utf8").trim().split(" ");
    expect(children).toHaveLength(1);
    starter.kill("SIGKILL");
    await expect.poll(() => isRunning(children[0] ?? "")).toBe(false);
  },
  60_000,
);

/** A process that has ended stays in the list until somebody asks how. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}
