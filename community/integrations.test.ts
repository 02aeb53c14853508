import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../src/builder/check.ts";
import { typeChecker } from "../src/builder/check-types.ts";
import { harmlessReads } from "../src/builder/prove.ts";
import { CommunityConfig } from "../src/contract/community.ts";
import { withReads } from "../src/integrations/reads.ts";
import { localSandbox } from "../src/sandbox/local.ts";

const folder = fileURLToPath(new URL("integrations/", import.meta.url));
const needs = { sandbox: localSandbox({ gatewayAddress: undefined, poolSize: 0 }), types: typeChecker() };
afterAll(async () => {
  await needs.sandbox.close();
  await needs.types.close();
});

/** Where it matters which; the weather is always that of a place: there, the first command is the proof. */
const firstReads: Record<string, string> = {
  dropbox: "me get",
  linear: "me get",
  notion: "me get",
  hubspot: "account get",
};

describe("the catalogue", () => {
  it.each(readdirSync(folder))("has %s as a server would install it", async (slug) => {
    const read = (file: string) => readFile(`${folder}${slug}/${file}`, "utf8");
    const config = CommunityConfig.parse(JSON.parse(await read("config.json")));
    const { tool, rules } = await check(needs, { ...config, cliCode: await read("cli.ts") });

    const named = (access: string) =>
      Object.entries(tool.operations).flatMap(([name, operation]) => (operation.access === access ? [name] : []));
    expect(config.slug).toBe(slug);
    expect(config.permissions).toMatchObject({ readOps: named("read"), writeOps: named("write") });
    const { confirmedReads = {} } = config.permissions;
    const judged = withReads({ tool, rules, permissions: { readOps: [], writeOps: [] } }, confirmedReads);
    const [first] = harmlessReads(judged.tool);
    expect(first !== undefined || slug === "open-meteo", "a read proves a connection").toBe(true);
    expect(first).toBe(firstReads[slug] ?? first);
    for (const name of Object.keys(confirmedReads)) {
      const [rule] = judged.rules.filter(({ operation }) => operation === name);
      expect(rule).toMatchObject({ access: "read", method: "POST", confirmed: true });
    }
    expect(tool.baseUrl).toBe(config.baseUrl);
    expect(new Set(tool.hosts)).toEqual(new Set(config.hosts));
    expect(new Set(rules.map((rule) => rule.operation)).size).toBe(Object.keys(tool.operations).length);
  });
});
