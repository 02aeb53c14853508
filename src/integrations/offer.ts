import { isNotNull } from "drizzle-orm";
import { communityFiles } from "../contract/community.ts";
import type { Secret } from "../contract/secret.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegrationCredential, person } from "../database/tables.ts";
import type { Catalogue } from "./catalogue.ts";
import { findFaults } from "./offer-faults.ts";
import { unifiedDiff } from "./unified-diff.ts";
import { versionFiles } from "./version-files.ts";

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
  const { integration, contents, faults } = await versionFiles(tx, { versionId });
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
