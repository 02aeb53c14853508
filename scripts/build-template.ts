/**
 * Builds the template of Patchbay's sandboxes at E2B: `E2B_API_KEY=e2b_… npm run template`. It takes the name of E2B_TEMPLATE.
 * `-- --print` shows what would be built, and needs no key.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Template, defaultBuildLogger } from "e2b";
import { layOutApp } from "../e2b-template/lay-out.ts";
import { bakeIn, template } from "../e2b-template/template.ts";
import { home, sandboxEnvironment } from "../src/apps/env.ts";
import { localSandbox } from "../src/sandbox/local.ts";

const settings = sandboxEnvironment({ ...process.env, SANDBOX: "e2b" });
const name = settings["E2B_TEMPLATE"] ?? "patchbay";
const isPrint = process.argv.includes("--print");
if (!isPrint && !settings["E2B_API_KEY"]) {
  console.error("Set E2B_API_KEY, the key from e2b.dev (Dashboard, API Keys), and run this again.");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "patchbay-template-"));
const sandbox = localSandbox({ gatewayAddress: undefined, poolSize: 0 });
try {
  await layOutApp(join(folder, "app"));
  const baked = await bakeIn(join(home, "community", "integrations"), join(folder, "app", "cli"), sandbox);
  console.log(`${baked.length} integrations come along: ${baked.join(", ")}`);
  const definition = template(folder);
  if (isPrint) console.log(await Template.toJSON(definition));
  else {
    const connection = {
      apiKey: settings["E2B_API_KEY"],
      ...(settings["E2B_API_URL"] ? { apiUrl: settings["E2B_API_URL"] } : {}),
    };
    const built = await Template.build(definition, name, {
      ...connection,
      cpuCount: 2,
      memoryMB: 1024,
      onBuildLogs: defaultBuildLogger(),
    });
    console.log(`Template "${name}" (${built.templateId}) is ready.`);
  }
} finally {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}
