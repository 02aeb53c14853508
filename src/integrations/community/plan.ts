import { z } from "zod";
import { extend } from "../../../community/scripts/extend.ts";
import { contentHash, escaped, operationsOf, review } from "../../../community/scripts/review.ts";
import { type Rules, validate } from "../../../community/scripts/validate.ts";
import { type CommunityFile, communityFiles } from "../../contract/community.ts";
import type { Proven } from "./offer-rows.ts";

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
export function plan(offered: Offered, there: { slug: string; files: Files } | undefined, rules: Rules): Plan {
  const slug = there?.slug ?? offered.slug;
  const refused = faultsOf(offered.slug, offered.files, rules);
  if (refused.length > 0) return { kind: "refused", reasons: refused };
  if (!there) return made("add", offered.files, []);
  if (sameFiles(there.files, offered.files)) return { kind: "already_there", slug };
  if (offered.takesPlace && slug === offered.slug) {
    const files = keepingReads(offered.files, there.files);
    return sameFiles(there.files, files) ? { kind: "already_there", slug } : made("update", files, []);
  }
  const extended = extend(there.files, offered.files);
  if (!extended)
    return { kind: "refused", reasons: [`the integration "${slug}" that is there cannot be read as a table`] };
  if (extended.added.length === 0) return { kind: "already_there", slug };
  const faults = faultsOf(slug, extended.files, rules);
  return faults.length > 0 ? { kind: "refused", reasons: faults } : made("extend", extended.files, extended.left);

  function made(kind: "add" | "update" | "extend", files: Files, left: string[]): Plan {
    const count = operationsOf(files["cli.ts"]).length;
    const added = count - (there ? operationsOf(there.files["cli.ts"]).length : 0);
    const plural = (some: number) => `${some} operation${some === 1 ? "" : "s"}`;
    const title = {
      add: `Add ${offered.name} (${plural(count)})`,
      update: `Update ${offered.name}`,
      extend: `Extend ${offered.name} by ${plural(added)}`,
    }[kind];
    return { kind, slug, files, contentHash: contentHash(files), title, body: bodyOf(kind, files, left) };
  }

  function bodyOf(kind: "add" | "update" | "extend", files: Files, left: string[]): string {
    const { proof } = offered;
    const tried = proof.operation
      ? `${"`"}${slug} ${proof.operation}${"`"} was answered${proof.shape ? ` with ${proof.shape}` : ""}, on ${proof.at.slice(0, 16).replace("T", " ")} UTC, by the server that offers this, with a person's own account.`
      : "Nothing: no read can be called without knowing more. The person's own commands worked.";
    const from =
      {
        openapi: "an OpenAPI document",
        graphql: "a GraphQL schema",
        postman: "a Postman collection",
        discovery: "a Google discovery document",
        docs: "documentation for people",
        catalogue: "the integration that is here",
      }[proof.source] ?? proof.source;
    return [
      {
        add: `A new integration: **${escaped(offered.name)}**.`,
        update: `A newer form of **${escaped(offered.name)}**.`,
        extend: `What **${escaped(offered.name)}** lacks so far. Nothing that is there changes.`,
      }[kind],
      "",
      review(files, there?.files),
      ...(left.length > 0 ? ["### Left out", ...left.slice(0, 20).map((one) => `- ${escaped(one)}`), ""] : []),
      "### What was tried live",
      tried,
      "",
      "### What the checker found",
      `Nothing to refuse (${"`"}npm run validate -- ${slug}${"`"}). CI says it again for this commit, with the table above.`,
      "",
      "### Try it yourself",
      "```sh",
      `npm ci && npm run try -- ${slug}`,
      "```",
      "Every operation is called once, against a stand-in made of them; nothing leaves your machine.",
      "",
      "### Where it comes from",
      `Written by ${proof.madeBy} from ${from}. Content ${"`"}${contentHash(files)}${"`"}, offered by Patchbay ${offered.patchbay}, signed off in the commit.`,
      "",
    ].join("\n");
  }
}

/** With what maintainers said yes to as a read, where the operation still sends what it sent then. */
function keepingReads(files: Files, there: Files): Files {
  const permissionsIn = (one: Files) => Config.parse(JSON.parse(one["config.json"])).permissions;
  const sends = (one: Files, name: string) =>
    JSON.stringify(operationsOf(one["cli.ts"]).find((operation) => operation.name === name)?.requests);
  const confirmedReads = Object.fromEntries(
    Object.entries(permissionsIn(there).confirmedReads ?? {}).filter(
      ([name]) => sends(files, name) !== undefined && sends(files, name) === sends(there, name),
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

/** As `validate` says it, each with file and line. */
export function faultsOf(slug: string, files: Files, rules: Rules): string[] {
  return validate(slug, files, rules).map(({ file, line, text }) => `${file}, line ${line}: ${text}`);
}

function sameFiles(one: Files, other: Files): boolean {
  return communityFiles.every((name) => one[name] === other[name]);
}
