import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../src/builder/check.ts";
import { typeChecker } from "../src/builder/check-types.ts";
import { CommunityConfig } from "../src/contract/community.ts";
import { localSandbox } from "../src/sandbox/local.ts";

const folder = fileURLToPath(new URL("integrations/", import.meta.url));
const needs = { sandbox: localSandbox({ gatewayAddress: undefined, poolSize: 0 }), types: typeChecker() };
afterAll(async () => {
  await needs.sandbox.close();
  await needs.types.close();
});

describe("the catalogue", () => {
  it.each(readdirSync(folder))("has %s as a server would install it", async (slug) => {
    const read = (file: string) => readFile(`${folder}${slug}/${file}`, "utf8");
    const config = CommunityConfig.parse(JSON.parse(await read("config.json")));
    const { tool, rules } = await check(needs, { ...config, cliCode: await read("cli.ts") });

    const named = (access: string) =>
      Object.entries(tool.operations).flatMap(([name, operation]) => (operation.access === access ? [name] : []));
    expect(config.slug).toBe(slug);
    expect(config.permissions).toEqual({ readOps: named("read"), writeOps: named("write") });
    expect(tool.baseUrl).toBe(config.baseUrl);
    expect(new Set(tool.hosts)).toEqual(new Set(config.hosts));
    expect(new Set(rules.map((rule) => rule.operation)).size).toBe(Object.keys(tool.operations).length);
  });
});
