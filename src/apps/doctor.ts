import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { isProblem } from "../contract/problem.ts";
import { openDatabase } from "../database/open.ts";
import { localSandbox } from "../sandbox/local.ts";
import { findServer } from "./cli/client.ts";
import { readSettings, type Settings } from "./env.ts";

type Finding = { ok: boolean; text: string; mend?: string };

/** `patchbay doctor`: looks at each thing Patchbay needs, and says how to mend what is not right. True when all is well. */
export async function doctor(write: (text: string) => void): Promise<boolean> {
  const findings: [string, () => Finding | Promise<Finding>][] = [["Node", node]];
  let settings: Settings | undefined;
  findings.push([
    "Settings",
    () => {
      settings = readSettings();
      return { ok: true, text: `data in ${settings.DATA_DIR}` };
    },
  ]);
  let isWell = true;
  const look = async (name: string, check: () => Finding | Promise<Finding>) => {
    const found = await Promise.resolve()
      .then(check)
      .catch((error: unknown): Finding => ({
        ok: false,
        text: error instanceof Error ? error.message : String(error),
      }));
    isWell &&= found.ok;
    write(`${found.ok ? "✓" : "✗"} ${name.padEnd(10)} ${found.text}\n`);
    if (!found.ok && found.mend) write(`  ${"".padEnd(10)} → ${found.mend}\n`);
  };
  for (const [name, check] of findings) await look(name, check);
  if (!settings) return false;
  const known = settings;
  const running = await findServer(known.DATA_DIR);
  await look("Server", () => ({
    ok: true,
    text: running ? `running at ${running.url} (process ${running.pid})` : "not running",
  }));
  await look("Tools", tools);
  await look("Database", () => database(known, running !== undefined));
  await look("Vault", () => vault(known));
  await look("Port", () => port(known, running !== undefined));
  await look("Model", () => model(known));
  write(isWell ? "All is well.\n" : "Something needs mending, see above.\n");
  return isWell;
}

function node(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  return major >= 26
    ? { ok: true, text: process.version }
    : {
        ok: false,
        text: `${process.version} is too old`,
        mend: "Use `npm run patchbay -- …`, which takes the Node brought along.",
      };
}

async function tools(): Promise<Finding> {
  const sandbox = localSandbox({ gatewayAddress: undefined, poolSize: 0 });
  try {
    const described = await sandbox.describe(smallestTool);
    return described.ok
      ? { ok: true, text: "run in their own processes, which start" }
      : { ok: false, text: `do not run: ${described.stderr.slice(0, 200)}`, mend: "Run `npm ci` again." };
  } finally {
    await sandbox.close();
  }
}

const smallestTool = `import { tool } from "@patchbay/kit";
export default tool({ slug: "doctor", operations: { look: { access: "read", request: "GET /", summary: "Look", input: {} } } });
`;

async function database(settings: Settings, isRunning: boolean): Promise<Finding> {
  if (!settings.DATABASE_URL && isRunning) return { ok: true, text: "embedded, in use by the running server" };
  try {
    const opened = await openDatabase({
      ...(settings.DATABASE_URL ? { url: settings.DATABASE_URL } : { dataDir: settings.DATA_DIR }),
      ...(settings.DATABASE_OWNER_URL ? { ownerUrl: settings.DATABASE_OWNER_URL } : {}),
    });
    const count = (await opened.tenants()).length;
    await opened.close();
    return { ok: true, text: `${opened.engine}, ${count === 1 ? "1 tenant" : `${count} tenants`}` };
  } catch (error) {
    const mend = settings.DATABASE_URL
      ? "Check DATABASE_URL and that the database is reachable."
      : "Check that the data folder can be written to.";
    return { ok: false, text: isProblem(error) ? error.message : "cannot be opened", mend };
  }
}

function vault(settings: Settings): Finding {
  if (settings.VAULT_KEYS) return { ok: true, text: "keys from VAULT_KEYS" };
  const file = join(settings.DATA_DIR, "vault.key");
  if (!existsSync(file)) return { ok: true, text: "no key yet; one is made at the first start" };
  const open = (statSync(file).mode & 0o077) !== 0 && process.platform !== "win32";
  return open
    ? { ok: false, text: `${file} can be read by others`, mend: `chmod 600 ${file}` }
    : { ok: true, text: `key in ${file}` };
}

async function port(settings: Settings, isRunning: boolean): Promise<Finding> {
  if (isRunning) return { ok: true, text: "in use by the running server" };
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(settings.PORT, settings.HOST, () => probe.close(() => resolve(true)));
  });
  return isFree
    ? { ok: true, text: `${settings.PORT} is free` }
    : { ok: false, text: `${settings.PORT} is in use by something else`, mend: "Choose another with PORT." };
}

function model(settings: Settings): Finding {
  if (settings.ANTHROPIC_API_KEY) {
    return { ok: true, text: `key set, at ${settings.ANTHROPIC_BASE_URL ?? "https://api.anthropic.com"}` };
  }
  return { ok: true, text: "no key in the environment: the guided model answers, or the key set on the settings page" };
}
