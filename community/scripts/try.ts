import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { operationOf, runTool, slots, type ToolDefinition, type ToolDescription } from "@patchbay/kit";
import { readTable } from "./checks/read-table.ts";
import { readFiles, readRules, validate } from "./validate.ts";

/*
 * `npm run try -- trello` calls every operation once, with made-up values, against a stand-in made of the operations themselves: no
 * account, nothing leaves this machine, and nothing of the contribution is run but the code of a `run`, in a process that may read
 * this folder and reach the network only. `npm run try -- trello boards list` calls the real service, with credentials from your
 * environment.
 */

type Tried = { operation: string; sent: string[]; ok: boolean; why: string };

/** Calls every operation of an integration against a stand-in, and says what each one sent. */
export async function tryAll(root: string, slug: string): Promise<Tried[]> {
  const { "cli.ts": cli } = await readFiles(root, slug);
  const { table } = await readTable(cli);
  if (!table) throw new Error(`integrations/${slug}/cli.ts cannot be read: npm run validate -- ${slug}`);
  const definition = table.value as ToolDefinition;
  const seen: string[] = [];
  const standIn = createServer((request, response) => {
    request.resume().on("end", () => {
      seen.push(`${request.method} ${decodeURIComponent(new URL(request.url ?? "/", "http://stand.in").pathname)}`);
      const { graphql } = definition.operations[current] ?? {};
      // Code walks over lists more often than it looks into objects.
      const answer = graphql ? { data: { [graphql.field]: null } } : coded ? [] : {};
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => standIn.listen(0, "127.0.0.1", resolve));
  const { port } = standIn.address() as AddressInfo;
  const name = (text: string) => `${slug}_${text}`.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  const env = {
    [name("base_url")]: `http://127.0.0.1:${port}`,
    ...Object.fromEntries(
      [...(definition.baseUrl ?? "").matchAll(/\{(\w+)\}/g)].map(([, blank = ""]) => [name(blank), "x"]),
    ),
    ...Object.fromEntries(Object.keys(definition.auth ?? {}).map((field) => [name(field), "made-up"])),
  };
  let [current, coded] = ["", false];
  const tried: Tried[] = [];
  try {
    for (const [operation, entry] of table.fields?.get("operations")?.fields ?? []) {
      current = operation;
      seen.length = 0;
      const words = [...operation.split(" "), ...madeUp(definition, operation)];
      coded = entry.fields?.get("run")?.code !== undefined;
      const { code, stderr } = coded ? await runFile(root, slug, words, env) : await runHere(definition, words, env);
      const meant = declared(definition, operation);
      const stray = seen.find((one) => !meant.some((pattern) => pattern.test(one)));
      const why =
        code !== 0
          ? (stderr.trim().split("\n").at(-1) ?? "").slice(0, 200)
          : stray
            ? `sent ${stray}`
            : seen.length === 0
              ? "sent nothing"
              : "";
      tried.push({ operation, sent: [...seen], ok: why === "", why });
    }
  } finally {
    standIn.close();
  }
  return tried;
}

/** Flags for what an operation demands. */
function madeUp(definition: ToolDefinition, operation: string): string[] {
  const meant = operationOf(definition, operation);
  if (!meant) return [];
  const values = {
    string: "x",
    integer: "1",
    number: "1",
    boolean: "true",
    array: "x",
    object: '{"x":"y"}',
    file: "file.txt",
    any: "x",
  };
  const needsBody = meant.body?.required && !slots(meant).some((slot) => slot.in === "body");
  const flags = slots(meant)
    .filter(({ required }) => required)
    .map(
      (slot) =>
        `--${own.has(slot.key) ? `${slot.in}.` : ""}${slot.key}=${slot.enum?.[0] ?? (slot.type === "array" && slot.items === "object" ? '{"x":"y"}' : values[slot.type])}`,
    );
  return needsBody ? [...flags, "--body=x"] : flags;
}

/** Flags of the kit's own; an input of that name is reached by its place. */
const own = new Set(["fields", "limit", "all", "input", "body", "output", "select"]);

/** What an operation says it sends, as patterns over method and path. */
function declared(definition: ToolDefinition, operation: string): RegExp[] {
  const { request, requests = [] } = definition.operations[operation] ?? {};
  return [...(request ? [request] : []), ...requests].map((one) => {
    const [method = "", target = ""] = one.split(" ");
    const path = target.replace(/^https:\/\/[^/]+/, "").split("?")[0] ?? "";
    const pattern = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replace(/\{\+?[^{}]+\}/g, ".*");
    return new RegExp(`^${method} .*${pattern}$`);
  });
}

async function runHere(definition: ToolDefinition, argv: string[], env: Record<string, string>) {
  let stderr = "";
  const code = await runTool(definition as ToolDefinition | ToolDescription, {
    argv,
    env,
    stdin: async () => new Uint8Array(),
    write: (stream, data) => void (stream === "stderr" && (stderr += String(data))),
    readFile: async () => new TextEncoder().encode("made up"),
    writeFile: async () => undefined,
    fetch: (input, init) => fetch(input, init),
  });
  return { code, stderr };
}

function runFile(
  root: string,
  slug: string,
  argv: string[],
  env: Record<string, string>,
): Promise<{ code: number; stderr: string }> {
  const file = join(root, "integrations", slug, "cli.ts");
  return new Promise((resolve) => {
    const tool = spawn(
      process.execPath,
      ["--permission", "--allow-fs-read=*", "--allow-net", "--disable-warning=ExperimentalWarning", file, ...argv],
      { env, stdio: ["ignore", "ignore", "pipe"] },
    );
    let stderr = "";
    tool.stderr.on("data", (piece) => (stderr += String(piece)));
    tool.on("exit", (code) => resolve({ code: code ?? 1, stderr }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const [slug = "", ...words] = process.argv.slice(2);
  const folder = join(root, "integrations");
  if (slug === "--all") {
    for (const one of readdirSync(folder)) if (!(await tryOne(root, one))) process.exitCode = 1;
  } else if (!/^[a-z0-9-]+$/.test(slug) || !existsSync(join(folder, slug, "cli.ts"))) {
    console.error("Which integration? npm run try -- trello");
    process.exitCode = 2;
  } else if (words.length === 0) {
    process.exitCode = (await tryOne(root, slug)) ? 0 : 1;
  } else if (await isTaken(root, slug)) {
    const tool = spawn(process.execPath, [join(folder, slug, "cli.ts"), ...words], { stdio: "inherit" });
    tool.on("exit", (code) => (process.exitCode = code ?? 1));
  } else process.exitCode = 1;
}

/** Says what `validate` refuses; nothing of such a contribution is called. */
async function isTaken(root: string, slug: string): Promise<boolean> {
  const faults = await validate(slug, await readFiles(root, slug), await readRules(root));
  for (const fault of faults) console.log(`integrations/${slug}/${fault.file}:${fault.line}: ${fault.text}`);
  if (faults.length > 0) console.log("It was not called: see above.");
  return faults.length === 0;
}

async function tryOne(root: string, slug: string): Promise<boolean> {
  if (!(await isTaken(root, slug))) return false;
  const tried = await tryAll(root, slug);
  for (const { operation, sent, ok, why } of tried)
    console.log(`${ok ? "ok    " : "FAILED"} ${operation.padEnd(28)} ${sent.join(", ")}${why ? `  ${why}` : ""}`);
  const failed = tried.filter(({ ok }) => !ok).length;
  console.log(`${slug}: ${tried.length} operations called, ${failed} failed. Nothing left this machine.`);
  return failed === 0;
}
