import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Fault, Files } from "./checks/fault.ts";
import { readFiles, sizes } from "./checks/read-files.ts";
import { familyOf, hostFaults, type Known } from "./checks/hosts.ts";
import { instructionFaults } from "./checks/instructions.ts";
import { confirmedFaults, operationFaults } from "./checks/operations.ts";
import { readTable } from "./checks/read-table.ts";
import { textFaults } from "./checks/text.ts";

export { readFiles } from "./checks/read-files.ts";

export type Rules = Known & { schema: unknown };

/**
 * Judges one contribution by reading alone: nothing of it is run. Types are checked after this, of what was not refused.
 *
 * @returns What a maintainer would have to refuse, each at its line. Empty: it may be looked at.
 */
export async function validate(slug: string, files: Files, rules: Rules): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const [file, most] of Object.entries(sizes)) {
    const size = Buffer.byteLength(files[file as keyof Files]);
    if (size > most) faults.push({ file, line: 1, text: `${size} bytes; at most ${most}` });
  }
  if (!/^[a-z][a-z0-9-]{0,48}[a-z0-9]$/.test(slug))
    faults.push({
      file: "config.json",
      line: 1,
      text: `"${slug}" is no name for a folder: lower case letters, digits, dashes`,
    });
  const { table, faults: unread } = await readTable(files["cli.ts"]);
  faults.push(...unread);
  const config = readConfig(files["config.json"], rules.schema);
  if ("faults" in config) return sorted([...faults, ...textFaults(files, []), ...config.faults]);
  const family = familyOf(config, rules);
  faults.push(...textFaults(files, family));
  if (config.slug !== slug)
    faults.push({ file: "config.json", line: 1, text: `slug is "${config.slug}", the folder "${slug}"` });
  faults.push(...hostFaults(config, files["config.json"], rules));
  if (table)
    faults.push(
      ...operationFaults(table, files["cli.ts"], config),
      ...confirmedFaults(table, files["config.json"], config),
    );
  faults.push(...instructionFaults(files["instructions.md"], slug, table, family));
  return sorted(faults);
}

/** Reads what a repository knows of services: their domains, and the foreign hosts its maintainers have allowed. */
export async function readRules(root: string): Promise<Rules> {
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), "utf8"));
  const known = KnownHosts.parse(await read("scripts/known-hosts.json"));
  return { schema: await read("config.schema.json"), ...known };
}

const KnownHosts = z.object({
  domains: z.array(z.string()),
  names: z.record(z.string(), z.string()),
  owners: z.array(z.array(z.string())),
  extra: z.record(z.string(), z.array(z.string())),
});
const Config = z.object({
  slug: z.string(),
  name: z.string(),
  baseUrl: z.string(),
  docsUrl: z.string().optional(),
  hosts: z.array(z.string()),
  auth: z.array(z.unknown()),
  variables: z.array(z.object({ name: z.string(), options: z.array(z.string()).optional() })).optional(),
  permissions: z.object({
    readOps: z.array(z.string()),
    writeOps: z.array(z.string()),
    confirmedReads: z.record(z.string(), z.string()).optional(),
  }),
});

function readConfig(text: string, schema: unknown): z.infer<typeof Config> | { faults: Fault[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      faults: [
        { file: "config.json", line: 1, text: `not readable as JSON: ${error instanceof Error ? error.message : ""}` },
      ],
    };
  }
  const judged = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value);
  const faults = (judged.error?.issues ?? []).map((issue) => {
    const key = issue.path.findLast((part) => typeof part === "string");
    const at = key === undefined ? -1 : text.indexOf(`"${key}"`);
    return {
      file: "config.json",
      line: at < 0 ? 1 : text.slice(0, at).split("\n").length,
      text: `${issue.path.join(".") || "config"}: ${issue.message}`,
    };
  });
  const config = Config.safeParse(value);
  return faults.length > 0 || !config.success
    ? { faults: faults.length > 0 ? faults : [{ file: "config.json", line: 1, text: "does not fit its schema" }] }
    : config.data;
}

function sorted(faults: Fault[]): Fault[] {
  return faults.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const rules = await readRules(root);
  const given = process.argv.slice(2).map((one) => one.replace(/^integrations\//, "").split("/")[0] ?? "");
  const slugs = given.length > 0 ? [...new Set(given)] : readdirSync(join(root, "integrations"));
  let count = 0;
  for (const slug of slugs) {
    if (!existsSync(join(root, "integrations", slug))) continue; // a contribution may take one away
    try {
      for (const fault of await validate(slug, await readFiles(root, slug), rules)) {
        console.log(`integrations/${slug}/${fault.file}:${fault.line}: ${fault.text}`);
        count += 1;
      }
    } catch (error) {
      console.log(error instanceof Error ? error.message : String(error));
      count += 1;
    }
  }
  if (count === 0) {
    // What was not judged yet is nothing to give to a compiler.
    const { typeFaults } = await import("./types.ts");
    const faults = typeFaults(root);
    if (faults !== "") {
      console.log(faults);
      count += 1;
    }
  }
  console.log(count === 0 ? `${slugs.length} integrations, nothing to refuse.` : `${count} reasons to refuse.`);
  process.exitCode = count === 0 ? 0 : 1;
}
