/**
 * Takes the operations our GitHub stand-in answers out of GitHub's own OpenAPI document, for the tests to judge it by:
 * `node scripts/github-document.ts …/@octokit/openapi/generated/api.github.com.json`. The whole package is 385 MB, so it is no
 * dependency: get it with `npm pack @octokit/openapi` when the cut is to be made again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";

const operations = [
  "GET /user",
  "GET /repos/{owner}/{repo}",
  "POST /repos/{owner}/{repo}/forks",
  "POST /repos/{owner}/{repo}/merge-upstream",
  "GET /repos/{owner}/{repo}/git/ref/{ref}",
  "POST /repos/{owner}/{repo}/git/refs",
  "PATCH /repos/{owner}/{repo}/git/refs/{ref}",
  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}",
  "POST /repos/{owner}/{repo}/git/commits",
  "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
  "POST /repos/{owner}/{repo}/git/trees",
  "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
  "GET /repos/{owner}/{repo}/pulls",
  "POST /repos/{owner}/{repo}/pulls",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}",
  "PATCH /repos/{owner}/{repo}/pulls/{pull_number}",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/labels",
];

const Document = z.looseObject({
  info: z.looseObject({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});

const [from] = process.argv.slice(2);
if (!from) throw new Error("name the document: node scripts/github-document.ts api.github.com.json");
const document = Document.parse(JSON.parse(readFileSync(from, "utf8")));
const paths: Record<string, Record<string, unknown>> = {};
const components: Record<string, Record<string, unknown>> = {};
for (const operation of operations) {
  const [method = "", path = ""] = operation.split(" ");
  const found = document.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`the document has no ${operation}`);
  (paths[path] ??= {})[method.toLowerCase()] = take(found);
}
const { version } = document.info;
const cut = { openapi: "3.0.3", info: { title: "GitHub, as far as we use it (MIT)", version }, paths, components };
writeFileSync(resolve(import.meta.dirname, "../src/practice/github/testing/github.openapi.json"), JSON.stringify(cut));

/** The part without words for people, and with everything it refers to taken along. */
function take(value: unknown, inNames = false): unknown {
  if (Array.isArray(value)) return value.map((one) => take(one));
  if (typeof value !== "object" || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const isWords = /^(?:description|summary|examples?|externalDocs|tags|title|x-.*)$/.test(key);
    if (isWords && !inNames) continue;
    if (key === "$ref" && typeof inner === "string") follow(inner);
    kept[key] = take(inner, key === "properties");
  }
  return kept;
}

function follow(reference: string): void {
  const [, kind = "", name = ""] = /^#\/components\/([^/]+)\/([^/]+)$/.exec(reference) ?? [];
  if (components[kind]?.[name] !== undefined || kind === "examples") return;
  (components[kind] ??= {})[name] = {}; // before its insides: it may refer to itself
  components[kind][name] = take(document.components[kind]?.[name]);
}
