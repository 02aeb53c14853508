import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AuthMethod, secretFields } from "../../contract/auth-method.ts";
import type { Compiled } from "./compiled.ts";

/**
 * Writes a tool as a folder that runs as it stands: `cli.ts`, `config.json`, `instructions.md`, and the kit beside it as
 * plain JavaScript (Node does not strip types below node_modules).
 *
 * @returns The paths written, relative to the folder.
 */
export async function writeFolder(compiled: Compiled, folder: string): Promise<string[]> {
  const files: Record<string, string> = {
    "cli.ts": compiled.cliCode,
    "config.json": `${JSON.stringify(configOf(compiled), null, 2)}\n`,
    "instructions.md": compiled.instructions,
    "package.json": `${JSON.stringify({ name: compiled.slug, private: true, type: "module", dependencies: { "@patchbay/kit": "0.1.0" } }, null, 2)}\n`,
    ...(await kitAsJavaScript("node_modules/@patchbay/kit")),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return Object.keys(files);
}

/** What the community's repository keeps beside the code. */
export function configOf(compiled: Compiled): Record<string, unknown> {
  return {
    slug: compiled.slug,
    name: compiled.name,
    description: compiled.description,
    category: compiled.category,
    docsUrl: compiled.docsUrl,
    iconUrl: compiled.iconUrl,
    baseUrl: compiled.baseUrl,
    variables: compiled.variables,
    hosts: compiled.hosts,
    auth: compiled.auth,
    permissions: { readOps: compiled.permissions.readOps, writeOps: compiled.permissions.writeOps },
    /** Variables the tool reads when it is run by hand. */
    environment: environmentOf(compiled),
  };
}

/** Names of environment variables with what belongs into each. */
export function environmentOf({
  slug,
  auth,
  baseUrl,
}: Pick<Compiled, "slug" | "auth" | "baseUrl">): Record<string, string> {
  const prefix = slug.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  const names: Record<string, string> = {
    [`${prefix}_BASE_URL`]: baseUrl ? `base URL, ${baseUrl} when not set` : "base URL",
  };
  for (const method of auth) {
    for (const [field, about] of fieldsOf(method)) names[`${prefix}_${field.toUpperCase()}`] ??= about;
  }
  return names;
}

function fieldsOf(method: AuthMethod): [string, string][] {
  if (method.type === "oauth2") return [["access_token", "access token"]];
  return secretFields(method).map((field) => [
    field.name,
    field.places
      .map((place) =>
        "name" in place ? `${field.label}, ${place.in} ${place.name}` : `${field.label}, ${place.in.replace("_", " ")}`,
      )
      .join("; "),
  ]);
}

async function kitAsJavaScript(folder: string): Promise<Record<string, string>> {
  const source = dirname(fileURLToPath(import.meta.resolve("@patchbay/kit")));
  const about = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license: string;
  };
  const files: Record<string, string> = {
    [`${folder}/package.json`]: `${JSON.stringify({ name: about.name, version: about.version, license: about.license, type: "module", exports: "./index.js" }, null, 2)}\n`,
  };
  for (const name of await readdir(source)) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts") || name === "testing.ts") continue;
    const code = withoutTypes(await readFile(join(source, name), "utf8"));
    files[`${folder}/${name.replace(/\.ts$/, ".js")}`] = code
      .replace(/(from\s+"\.\/[^"]+)\.ts"/g, '$1.js"')
      .replace(/[ \t]+$/gm, "");
  }
  return files;
}

/** Node says once that stripping is experimental; who compiles a document need not hear it. */
function withoutTypes(code: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
}
