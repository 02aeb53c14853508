import { CommunityConfig, type CommunityFile, communityFiles } from "../contract/community.ts";
import type { Integration } from "../contract/integration.ts";
import type { Secret } from "../contract/secret.ts";
import { ToolDescription } from "../contract/tool.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegrationCredential, person, tenant } from "../database/tables.ts";
import { getIntegration } from "./integrations.ts";
import { tenantFaults } from "./offer-faults.ts";
import { sourceOf } from "./source-of.ts";
import { getToolFile } from "./tool-file.ts";

/** What an integration would give to everyone: three files, and what speaks against them that only this server knows. */
export type Offer = {
  slug: string;
  name: string;
  baseUrl: string;
  docsUrl?: string;
  hosts: string[];
  files: Record<CommunityFile, string>;
  /** It began as the catalogue's own entry. */
  fromCatalogue: boolean;
  /** Why it may not be offered, in plain words, each naming the file and line. Empty: the community's `validate` has its say. */
  refusals: string[];
};

type Needs = {
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
  const { cliCode, instructions, tool } = await getToolFile(tx, versionId);
  const { config, faults } = readConfig(integration, Object.keys(ToolDescription.parse(tool).operations));
  const files: Record<CommunityFile, string> = {
    "cli.ts": endingInNewline(cliCode),
    "config.json": endingInNewline(JSON.stringify(config, null, 2)),
    "instructions.md": endingInNewline(instructions),
  };
  const texts = communityFiles.map((name) => ({ path: name, content: files[name] }));
  const personal = await personalTexts(tx, integration);
  const { slug, name, baseUrl, docsUrl, hosts } = integration;
  return {
    slug,
    name,
    baseUrl,
    ...(docsUrl === undefined ? {} : { docsUrl }),
    hosts,
    files,
    fromCatalogue: (await sourceOf(tx, versionId)).kind === "catalogue",
    refusals: [...faults, ...tenantFaults({ files: texts, secrets: needs.secrets ?? [], personal })],
  };
}

/** The shareable part of a version. What does not fit the community's form is a fault, told in full. */
function readConfig(integration: Integration, operations: string[]): { config: object; faults: string[] } {
  const { slug, name, description, category, docsUrl, iconUrl, baseUrl, hosts, variables, auth } = integration;
  // A person's own yes to reads is theirs; what maintainers said yes to stands in the repository already.
  const { readOps, writeOps, confirmedReads = {} } = integration.permissions;
  const confirmed = Object.keys(confirmedReads);
  const permissions = {
    readOps: readOps.filter((name) => !confirmed.includes(name)),
    writeOps: [...writeOps, ...confirmed].toSorted((a, b) => operations.indexOf(a) - operations.indexOf(b)),
  };
  const shared = { slug, name, description, category, docsUrl, iconUrl, baseUrl, hosts, variables, auth, permissions };
  const parsed = CommunityConfig.safeParse(shared);
  if (parsed.success) return { config: parsed.data, faults: [] };
  const faults = parsed.error.issues.map((issue) => `config.json, ${issue.path.join(".")}: ${issue.message}`);
  return { config: shared, faults };
}

/** Names and addresses of the tenant and its people, and the labels of its accounts. */
async function personalTexts(tx: Transaction, integration: Integration): Promise<string[]> {
  const [house] = await tx.select({ name: tenant.name }).from(tenant);
  const people = await tx.select({ name: person.name, email: person.email }).from(person);
  const accounts = await tx.select({ label: customIntegrationCredential.label }).from(customIntegrationCredential);
  const own = `${integration.name} ${integration.slug}`.toLowerCase();
  return [
    ...people.map(({ email }) => email ?? ""),
    // One word ("Home", "Ann", "Trello") stands in many files by right; two together, an address or a number are somebody's.
    ...[house?.name ?? "", ...people.map(({ name }) => name)].filter((name) => /\S\s+\S/.test(name)),
    ...accounts.map(({ label }) => label).filter((label) => /[@\d]/.test(label)),
  ].filter((text) => text !== "" && !own.includes(text.toLowerCase()));
}

function endingInNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
