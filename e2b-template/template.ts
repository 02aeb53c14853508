import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Template, type TemplateClass } from "e2b";
import { ToolDescription } from "../src/contract/tool.ts";
import { toolVersion } from "../src/sandbox/e2b/tool-version.ts";
import type { Sandbox } from "../src/sandbox/sandbox.ts";

/** Programs a script may count on, beside those of the image. */
const programs = ["ca-certificates", "jq", "ripgrep", "gawk", "bc", "file", "unzip", "zip", "xxd", "util-linux"];
const versions = { node: "26.10.0-bookworm-slim", deno: "2.9.6" };

/**
 * The template of every sandbox: Node for the program that runs scripts, Deno for tools, `/app` as `lay-out.ts` makes it in
 * `folder/app`, the usual programs. Its lines of shell hold nothing that came from elsewhere.
 */
export function template(folder: string): TemplateClass {
  return Template({ fileContextPath: folder })
    .fromImage(`node:${versions.node}`)
    .setUser("root")
    .aptInstall(programs, { noInstallRecommends: true })
    .runCmd(`npm install --prefix /opt/deno --no-audit --no-fund deno@${versions.deno}`)
    .copy("app", "/app", { user: "root" })
    .runCmd([
      "cp /opt/deno/node_modules/@deno/linux-*-glibc/deno /app/bin/deno",
      "ln -sf /usr/local/bin/node /app/bin/node",
      "rm -rf /opt/deno",
      "chown -R root:root /app",
      "chmod -R u=rwX,go=rX /app",
      "chmod 755 /app/bin/run /app/bin/deno",
      // E2B has this user already, a bare image has not.
      "id -u user >/dev/null 2>&1 || useradd --create-home --shell /bin/bash user",
      "find /home/user -mindepth 1 -delete",
      "chmod 700 /root",
    ])
    .setWorkdir("/home/user");
}

/** Puts the integrations that come along into the template, so that none has to be written for a conversation. */
export async function bakeIn(integrations: string, cli: string, sandbox: Pick<Sandbox, "describe">): Promise<string[]> {
  const slugs = (await readdir(integrations, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const baked: string[] = [];
  for (const { name: slug } of slugs) {
    const code = await readFile(join(integrations, slug, "cli.ts"), "utf8");
    const described = await sandbox.describe(code);
    if (!described.ok) throw new Error(`${slug} cannot be described: ${described.stderr}`);
    const description = ToolDescription.parse(described.description);
    await writeFile(join(cli, `${slug}.ts`), code);
    await writeFile(join(cli, `${slug}.json`), JSON.stringify(description));
    await writeFile(join(cli, `${slug}.version`), toolVersion(code, description));
    baked.push(slug);
  }
  return baked;
}
