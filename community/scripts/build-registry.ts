import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { contentHash, sha256 } from "./review.ts";
import { readFiles } from "./validate.ts";

const Facts = z.object({
  slug: z.string(),
  name: z.string(),
  description: z.string().default(""),
  category: z.string().optional(),
  docsUrl: z.string().optional(),
  baseUrl: z.string(),
  hosts: z.array(z.string()),
  auth: z.array(z.object({ type: z.string() })),
  permissions: z.object({
    readOps: z.array(z.string()),
    writeOps: z.array(z.string()),
    confirmedReads: z.record(z.string(), z.string()).default({}),
  }),
});

/**
 * The list servers pull: one entry for each integration with the hash of every file. The same files give the same bytes:
 * entries and fields have a fixed order, and there is no time in it.
 */
export async function buildRegistry(root: string): Promise<string> {
  const integrations = [];
  for (const slug of readdirSync(join(root, "integrations")).toSorted()) {
    const files = await readFiles(root, slug);
    const { name, description, category, docsUrl, baseUrl, hosts, auth, permissions } = Facts.parse(
      JSON.parse(files["config.json"]),
    );
    const hashes = Object.fromEntries(Object.entries(files).map(([file, text]) => [file, sha256(text)]));
    const confirmed = Object.keys(permissions.confirmedReads).length;
    integrations.push({
      slug,
      name,
      description,
      category,
      docsUrl,
      baseUrl,
      hosts,
      signIn: auth.map((one) => one.type),
      reads: permissions.readOps.length + confirmed,
      writes: permissions.writeOps.length - confirmed,
      contentHash: contentHash(files),
      files: hashes,
    });
  }
  return `${JSON.stringify({ version: 1, integrations }, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  writeFileSync(join(root, "registry.json"), await buildRegistry(root));
}
