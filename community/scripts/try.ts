import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// `npm run try -- trello boards list`: the tool by hand; without more words its help. Credentials come from your environment.
const [slug = "", ...words] = process.argv.slice(2);
const file = fileURLToPath(new URL(`../integrations/${slug}/cli.ts`, import.meta.url));
if (!/^[a-z0-9-]+$/.test(slug) || !existsSync(file)) {
  console.error("Which integration? npm run try -- trello");
  process.exitCode = 2;
} else {
  const tool = spawn(process.execPath, [file, ...words], { stdio: "inherit" });
  tool.on("exit", (code) => (process.exitCode = code ?? 1));
}
