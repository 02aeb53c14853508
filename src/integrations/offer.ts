import { isNotNull } from "drizzle-orm";
import { CommunityConfig, type CommunityFile, communityFiles } from "../contract/community.ts";
import type { Integration } from "../contract/integration.ts";
import type { Secret } from "../contract/secret.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegrationCredential, person } from "../database/tables.ts";
import type { Catalogue } from "./catalogue.ts";
import { getIntegration } from "./integrations.ts";
import { findFaults } from "./offer-faults.ts";
import { getToolFile } from "./tool-file.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** What a pull request to the community repository would contain. */
export type Offer = {
  slug: string;
  name: string;
  /** Paths inside the repository. */
  files: { path: string; content: string }[];
  /** Against the catalogue's entry; all new where it has none; empty when nothing changed. */
  diff: string;
  /** Why it may not be offered, in plain words, each naming the file and line. Empty: it may. */
  refusals: string[];
};

type Needs = {
  catalogue: Pick<Catalogue, "files">;
  /** Secrets in use with this integration: none may stand in a file, in whatever form. */
  secrets?: Secret[];
};

/**
 * Prepares a version to be shared with everyone. It takes the description, the tool and the instructions, and nothing of the
 * tenant's; what looks private, secret or personal in them is a refusal for a person to mend, never cut out in silence.
 *
 * @throws Problem `not_found`
 */
export async function offerOf(tx: Transaction, versionId: string, needs: Needs): Promise<Offer> {
  const integration = await getIntegration(tx, { versionId });
  const { cliCode, instructions } = await getToolFile(tx, versionId);
  const { config, faults } = readConfig(integration);
  const contents: Record<CommunityFile, string> = {
    "cli.ts": endingInNewline(cliCode),
    "config.json": endingInNewline(JSON.stringify(config, null, 2)),
    "instructions.md": endingInNewline(instructions),
  };
  const files = communityFiles.map((name) => ({
    path: `integrations/${integration.slug}/${name}`,
    content: contents[name],
  }));
  const published = await needs.catalogue.files(integration.slug);
  const diff = communityFiles.map((name, at) =>
    unifiedDiff(files[at]?.path ?? name, published?.[name], contents[name]),
  );
  const refusals = [
    ...faults,
    ...findFaults({
      files,
      hosts: integration.hosts,
      secrets: needs.secrets ?? [],
      personal: await personalTexts(tx),
    }),
  ];
  return { slug: integration.slug, name: integration.name, files, diff: diff.join(""), refusals };
}

/** The shareable part of a version. What does not fit the community's form is a fault, told in full. */
function readConfig(integration: Integration): { config: object; faults: string[] } {
  const { slug, name, description, category, docsUrl, iconUrl, baseUrl, hosts, variables, auth, permissions } =
    integration;
  const shared = { slug, name, description, category, docsUrl, iconUrl, baseUrl, hosts, variables, auth, permissions };
  const parsed = CommunityConfig.safeParse(shared);
  if (parsed.success) return { config: parsed.data, faults: [] };
  const faults = parsed.error.issues.map((issue) => `config.json, ${issue.path.join(".")}: ${issue.message}`);
  return { config: shared, faults };
}

/** Names and addresses of the tenant's people, and the labels of its accounts. */
async function personalTexts(tx: Transaction): Promise<string[]> {
  const people = await tx.select({ email: person.email }).from(person).where(isNotNull(person.email));
  const accounts = await tx.select({ label: customIntegrationCredential.label }).from(customIntegrationCredential);
  // A label such as "Trello" or "Ann" stands in many files by right; an address or a number is somebody's.
  return [
    ...people.map(({ email }) => email ?? ""),
    ...accounts.map(({ label }) => label).filter((label) => /[@\d]/.test(label)),
  ];
}

function endingInNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
