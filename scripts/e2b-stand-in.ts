/**
 * Runs a command with a stand-in for E2B, for whoever has no account there: `npm run e2b-stand-in -- npm run demo`, or
 * `-- npm start`. Commands of conversations run in processes of this machine; do not give it anybody's secrets.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { openStandIn } from "../src/sandbox/testing/e2b-stand-in.ts";
import { canRunMachines } from "../src/sandbox/testing/machine.ts";

const [program, ...words] = process.argv.slice(2);
if (program === undefined) {
  console.error("Say what to run with it: npm run e2b-stand-in -- npm run demo");
  process.exit(2);
}
if (!canRunMachines) {
  console.error("The stand-in needs Linux, and either root or namespaces for users (see docs/e2b.md).");
  process.exit(1);
}
const standIn = await openStandIn();
const port = process.env["PORT"] ?? String(await freePort());
const child = spawn(program, words, {
  stdio: "inherit",
  env: {
    ...process.env,
    SANDBOX: "e2b",
    E2B_API_KEY: standIn.apiKey,
    E2B_API_URL: standIn.url,
    E2B_SANDBOX_URL: standIn.url,
    E2B_TEMPLATE: standIn.template,
    PORT: port,
    PUBLIC_URL: `http://localhost:${port}`,
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.once("close", async (code) => {
  await standIn.close();
  process.exit(code ?? 1);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
