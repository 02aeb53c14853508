import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { copyOut } from "../../community/scripts/copy-out.ts";
import { type GitHubOptions, startGitHub } from "../practice/github/start.ts";
import { home } from "./env.ts";

const run = promisify(execFile);

/**
 * A community repository on the GitHub stand-in, filled with what `community/` holds, and what its workflows do: for the demo, and
 * for the tests of the whole way from a proven tool to another server's catalogue.
 */
export async function openCommunityStage(folder: string, o: Pick<GitHubOptions, "see"> = {}) {
  const original = join(folder, "original");
  await copyOut(original);
  const github = await startGitHub({
    folder: join(folder, "github"),
    owner: "community",
    name: "integrations",
    files: textsBelow(original),
    people: [{ login: "robot", token: "stage-token", mayPush: true }],
    ...o,
  });

  /** A clone of a branch or commit, ready to run: what it needs from npm is what this Patchbay has. */
  async function clone(ref: string): Promise<string> {
    const into = join(folder, `clone-${ref.replaceAll("/", "-")}`);
    rmSync(into, { recursive: true, force: true });
    await github.checkOut(ref, into);
    symlinkSync(nodeModules(), join(into, "node_modules"));
    return into;
  }
  const node = async (cwd: string, ...args: string[]) =>
    (await run(process.execPath, args, { cwd, maxBuffer: 16_000_000 })).stdout;

  async function rebuild(): Promise<void> {
    const at = await clone("main");
    await node(at, "scripts/build-registry.ts");
    await github.push(
      { "registry.json": readFileSync(join(at, "registry.json"), "utf8") },
      "registry: what was merged",
    );
  }

  return {
    github,
    settings: {
      COMMUNITY_REPO: "community/integrations",
      COMMUNITY_GITHUB_TOKEN: "stage-token",
      COMMUNITY_GITHUB_URL: github.url,
      COMMUNITY_WEBHOOK_SECRET: "stage-secret",
      ALLOW_PRIVATE_HOSTS: new URL(github.url).host,
    },
    /** The checks of a pull request, in a clone of its branch; throws with what they say where one fails. */
    async check(branch: string, slug: string): Promise<{ validated: string; tried: string; review: string }> {
      const at = await clone(branch);
      return {
        validated: await node(at, "scripts/validate.ts", slug),
        tried: await node(at, "scripts/try.ts", slug),
        review: await node(at, "scripts/review.ts", slug, original),
      };
    },
    /** A maintainer merges, and the registry is built of what is there then. */
    async merge(number: number): Promise<void> {
      await github.merge(number);
      await rebuild();
    },
    rebuild,
    close: () => github.end(),
  };
}

function textsBelow(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = readFileSync(path, "utf8");
  }
  return files;
}

/** Beside this Patchbay, or above it where it is installed as a package. */
function nodeModules(): string {
  const own = join(home, "node_modules");
  return existsSync(join(own, "oxc-parser")) ? own : join(home, "..");
}
