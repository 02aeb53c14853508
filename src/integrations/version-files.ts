import { CommunityConfig, type CommunityFile } from "../contract/community.ts";
import type { Integration } from "../contract/integration.ts";
import type { Transaction } from "../database/database.ts";
import { getIntegration, type IntegrationRef } from "./integrations.ts";
import { getToolFile } from "./tool-file.ts";

/** A version as the three files the community repository would hold, and what of it does not fit that form. */
export type VersionFiles = {
  integration: Integration;
  contents: Record<CommunityFile, string>;
  faults: string[];
};

/** @throws Problem `not_found` */
export async function versionFiles(tx: Transaction, ref: IntegrationRef): Promise<VersionFiles> {
  const integration = await getIntegration(tx, ref);
  const { cliCode, instructions } = await getToolFile(tx, integration.versionId);
  const { config, faults } = readConfig(integration);
  return {
    integration,
    contents: {
      "cli.ts": endingInNewline(cliCode),
      "config.json": endingInNewline(JSON.stringify(config, null, 2)),
      "instructions.md": endingInNewline(instructions),
    },
    faults,
  };
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

function endingInNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
