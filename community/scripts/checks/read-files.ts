import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "./fault.ts";

/** The files of an integration, with the most bytes each may have. */
export const sizes = { "cli.ts": 200_000, "config.json": 50_000, "instructions.md": 4_000 };

/** The three files of one integration; a fourth is no part of one. */
export async function readFiles(root: string, slug: string): Promise<Files> {
  const folder = join(root, "integrations", slug);
  const strange = readdirSync(folder).find((name) => !Object.hasOwn(sizes, name));
  if (strange)
    throw new Error(`integrations/${slug}/${strange}:1: only cli.ts, config.json and instructions.md may lie here`);
  const text = (name: string) => readFile(join(folder, name), "utf8");
  return {
    "cli.ts": await text("cli.ts"),
    "config.json": await text("config.json"),
    "instructions.md": await text("instructions.md"),
  };
}
