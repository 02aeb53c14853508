import { z } from "zod";
import { extend } from "../../../community/scripts/extend.ts";
import { differencesOf, inShort } from "../../../community/scripts/page/differences.ts";
import { code, count, escaped, names } from "../../../community/scripts/page/markdown.ts";
import { operationsOf } from "../../../community/scripts/page/operations.ts";
import { contentHash, review } from "../../../community/scripts/review.ts";
import { type Rules, validate } from "../../../community/scripts/validate.ts";
import { type CommunityFile, communityFiles } from "../../contract/community.ts";
import type { Proven } from "./offer-rows.ts";
import { publicAddress } from "./public-address.ts";

export type Files = Record<CommunityFile, string>;

export type Plan =
  | { kind: "refused"; reasons: string[] }
  | { kind: "already_there"; slug: string }
  | {
      kind: "add" | "update" | "extend";
      slug: string;
      files: Files;
      contentHash: string;
      title: string;
      body: string;
    };

export type Offered = {
  slug: string;
  name: string;
  files: Files;
  /** It began as the catalogue's entry, or is what we offered before: it takes that one's place. */
  takesPlace: boolean;
  proof: Proven;
  patchbay: string;
};

/**
 * What the pull request for this offer would be: a new integration, a newer form of one, or what one that is there lacks. Judged by
 * the community's own `validate`, in the form it would have there.
 */
export async function plan(
  offered: Offered,
  there: { slug: string; files: Files } | undefined,
  rules: Rules,
): Promise<Plan> {
  const slug = there?.slug ?? offered.slug;
  const refused = await faultsOf(offered.slug, offered.files, rules);
  if (refused.length > 0) return { kind: "refused", reasons: refused };
  if (!there) return made("add", offered.files, []);
  if (sameFiles(there.files, offered.files)) return { kind: "already_there", slug };
  if (offered.takesPlace && slug === offered.slug) {
    const files = await keepingReads(offered.files, there.files);
    return sameFiles(there.files, files) ? { kind: "already_there", slug } : made("update", files, []);
  }
  const extended = await extend(there.files, offered.files);
  if (!extended)
    return { kind: "refused", reasons: [`the integration "${slug}" that is there cannot be read as a table`] };
  if (extended.added.length === 0) return { kind: "already_there", slug };
  const faults = await faultsOf(slug, extended.files, rules);
  return faults.length > 0 ? { kind: "refused", reasons: faults } : made("extend", extended.files, extended.left);

  async function made(kind: "add" | "update" | "extend", files: Files, left: string[]): Promise<Plan> {
    const name = plainName(offered.name);
    const title = there
      ? `Update ${name}: ${inShort(await differencesOf(files, there.files))}`
      : `Add ${name} (${count((await operationsOf(files["cli.ts"])).length, "operation")})`;
    return { kind, slug, files, contentHash: contentHash(files), title, body: await bodyOf(files, left) };
  }

  async function bodyOf(files: Files, left: string[]): Promise<string> {
    return [
      await review(files, there?.files, rules, originOf(offered)),
      ...(left.length > 0 ? ["### Left out", ...left.slice(0, 20).map((one) => `- ${escaped(one)}`), ""] : []),
      "---",
      "All above is made of the files, and CI writes it again. What follows is said by the offering server; nobody has checked it.",
      "",
      "### What was tried live",
      ...(await triedLive(slug, offered.proof, files, there?.files)),
      "",
      ...(await documented(offered, files, there?.files)),
      "### What the checker found",
      `Form is valid; meaning is for you to judge (${code(`npm run validate -- ${slug}`)}). CI checks it again for this commit, and writes the page down to the operations anew: trust CI's.`,
      "",
      "### Try it yourself",
      "```sh",
      `npm ci && npm run try -- ${slug}`,
      "```",
      "Every operation is called once, against a stand-in made of them; nothing leaves your machine. It shows that they can be called, not that they mean well.",
      "",
      `Content ${code(contentHash(files))}`,
      "",
    ].join("\n");
  }
}

/** A name in a title, which becomes the message of a commit: it calls nobody and closes no issue. */
function plainName(name: string): string {
  return name
    .replace(/[@#]|:\/\/|\bGH-(?=\d)/gi, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** With what maintainers said yes to as a read, where the operation still sends what it sent then. */
async function keepingReads(files: Files, there: Files): Promise<Files> {
  const permissionsIn = (one: Files) => Config.parse(JSON.parse(one["config.json"])).permissions;
  const [now, then] = [await operationsOf(files["cli.ts"]), await operationsOf(there["cli.ts"])];
  const sends = (operations: typeof now, name: string) =>
    JSON.stringify(operations.find((operation) => operation.name === name)?.requests);
  const confirmedReads = Object.fromEntries(
    Object.entries(permissionsIn(there).confirmedReads ?? {}).filter(
      ([name]) => sends(now, name) !== undefined && sends(now, name) === sends(then, name),
    ),
  );
  if (Object.keys(confirmedReads).length === 0) return files;
  const config = Config.parse(JSON.parse(files["config.json"]));
  const kept = { ...config, permissions: { ...config.permissions, confirmedReads } };
  return { ...files, "config.json": `${JSON.stringify(kept, null, 2)}\n` };
}

const Config = z.looseObject({
  permissions: z.looseObject({ confirmedReads: z.record(z.string(), z.string()).optional() }),
});

function originOf({ proof, patchbay, files }: Offered): string {
  const from =
    {
      openapi: "an OpenAPI document",
      graphql: "a GraphQL schema",
      postman: "a Postman collection",
      discovery: "a Google discovery document",
      docs: "documentation for people",
      catalogue: "the integration that is here",
    }[proof.source] ?? escaped(proof.source);
  const at = publicAddress(proof.sourceUrl, files["config.json"]);
  return `Written by ${escaped(proof.madeBy)} from ${from}${at === undefined ? "" : ` at ${code(at)}`}, offered by Patchbay ${escaped(patchbay)}, signed off in the commit; reported by the offering server`;
}

/** What the offering server says it called, and which of the operations this is about nobody called. */
async function triedLive(slug: string, proof: Proven, files: Files, before: Files | undefined): Promise<string[]> {
  const all = await operationsOf(files["cli.ts"]);
  const differences = before && (await differencesOf(files, before));
  const touched = differences ? [...differences.added, ...differences.changed.map(({ now }) => now)] : all;
  const rest = touched.filter(({ name }) => name !== proof.operation);
  const isAbout = rest.length < touched.length;
  const which = differences ? "new or changed operations" : "operations";
  const none = touched.length > 0 && !isAbout && differences ? ["**New or changed operations: none was tried.**"] : [];
  const untried =
    touched.length === 0
      ? []
      : [
          rest.length === 0
            ? `That is all of the ${which}.`
            : `**Not tried**: ${isAbout ? `the other ${rest.length} of ${touched.length}` : `any of the ${touched.length}`} ${which}${differences ? ` (${names(rest)})` : ""}.`,
        ];
  if (proof.operation === undefined)
    return [
      "Nothing: no read can be called without knowing more. The person's own commands worked, as reported by the offering server.",
      ...untried,
    ];
  const shape = proof.shape === undefined ? "" : ` with ${escaped(proof.shape)}`;
  const proves = proof.shape === "an empty list" ? ", which proves little" : "";
  const kept = differences && !isAbout ? " It is one of those that were there." : "";
  return [
    ...none,
    `${code(`${slug} ${proof.operation}`)} was answered${shape}${proves}, on ${proof.at.slice(0, 16).replace("T", " ")} UTC, with a person's own account: reported by the offering server.${kept} An answer shows that a server is there, not whose it is.`,
    ...untried,
  ];
}

/** Where its writer found each new or changed operation: the server that offers knows, the files do not. */
async function documented(
  { proof, files: offered }: Offered,
  files: Files,
  before: Files | undefined,
): Promise<string[]> {
  const differences = before && (await differencesOf(files, before));
  const touched = differences
    ? [...differences.added, ...differences.changed.map(({ now }) => now)]
    : await operationsOf(files["cli.ts"]);
  const rows = touched.flatMap(({ name }) => {
    const place = Object.hasOwn(proof.documented ?? {}, name) ? proof.documented?.[name] : undefined;
    const url = publicAddress(place?.url, offered["config.json"]);
    return place && url !== undefined ? [`| ${code(name)} | ${escaped(place.heading)} | ${code(url)} |`] : [];
  });
  if (rows.length === 0) return [];
  return [
    "<details><summary>Where each is documented, reported by the offering server</summary>",
    "",
    "| Operation | Under the heading | On the page |",
    "| --- | --- | --- |",
    ...rows.slice(0, 60),
    "",
    "</details>",
    "",
  ];
}

/** As `validate` says it, each with file and line. */
export async function faultsOf(slug: string, files: Files, rules: Rules): Promise<string[]> {
  return (await validate(slug, files, rules)).map(({ file, line, text }) => `${file}, line ${line}: ${text}`);
}

function sameFiles(one: Files, other: Files): boolean {
  return communityFiles.every((name) => one[name] === other[name]);
}
