import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "../builder/openapi/compile.ts";
import { writeFolder } from "../builder/openapi/write-folder.ts";
import { showHidden } from "../contract/marked-data.ts";
import { Problem } from "../contract/problem.ts";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import type { Settings } from "./env.ts";

type Options = { out: string; slug?: string; baseUrl?: string };

/**
 * `patchbay compile`: the tool of an API document as a folder in the community's form that runs as it stands. Prints what a
 * person needs to judge it.
 */
export async function compileToFolder(
  settings: Settings,
  from: string,
  { out, slug, baseUrl }: Options,
  write: (text: string) => void,
): Promise<void> {
  const isAddress = /^https?:\/\//i.test(from);
  // An address typed here is the person's own; what the document then points at is a stranger's.
  const own = isAddress ? [new URL(from).host] : [];
  const fetch = guardedFetch(hostPolicy({ allowPrivateHosts: [...settings.ALLOW_PRIVATE_HOSTS, ...own] }));
  const compiled = await compile(isAddress ? await fetchDocument(fetch, from) : await readDocument(from), {
    ...(isAddress ? { fetchedFrom: from } : {}),
    ...(slug ? { slug } : {}),
    ...(baseUrl ? { baseUrl } : {}),
    fetchReference: async (url) =>
      (await fetch(url, { namedBy: from, maxBytes: 20_000_000, timeoutMs: 30_000 })).text(),
    onProgress: ({ step, detail }) =>
      process.stderr.isTTY && process.stderr.write(`  ${step} ${showHidden(detail ?? "")}\n`),
  });
  await writeFolder(compiled, out);
  write(`${compiled.summary}\nwritten to  ${out}: cli.ts, config.json, instructions.md\n`);
  write(`try         node ${join(out, "cli.ts")} --help\n`);
  write(`            with Node 24 or newer, such as ${process.execPath}\n`);
}

async function fetchDocument(fetch: ReturnType<typeof guardedFetch>, url: string): Promise<string> {
  const answer = await fetch(url, { maxBytes: 60_000_000, timeoutMs: 60_000 });
  if (!answer.ok) throw new Problem("document_missing", { status: answer.status });
  return answer.text();
}

async function readDocument(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new Problem("input_invalid", {
      detail: `there is no readable file ${path}. Give a file or an http(s) address.`,
    });
  }
}
