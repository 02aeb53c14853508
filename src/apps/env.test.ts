import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { home, readSettings } from "./env.ts";

describe("the settings", () => {
  it("need nothing: the embedded defaults", () => {
    expect(readSettings({})).toMatchObject({ PORT: 4800, HOST: "127.0.0.1", ALLOW_PRIVATE_HOSTS: [] });
  });

  it("count an empty value as not given", () => {
    expect(readSettings({ PORT: "", ANTHROPIC_API_KEY: "  " })).toMatchObject({ PORT: 4800 });
  });

  it.each([
    [{ PORT: "canary-31" }, "PORT"],
    [{ PUBLIC_URL: "canary-31" }, "PUBLIC_URL"],
    [{ PUBLIC_URL: "javascript:canary-31" }, "PUBLIC_URL"],
    [{ DATABASE_URL: "mysql://canary-31" }, "DATABASE_URL"],
    [{ VAULT_KEYS: "canary-31" }, "VAULT_KEYS"],
    [{ PRACTICE_TOKEN_SECONDS: "canary-31" }, "PRACTICE_TOKEN_SECONDS"],
  ])("stop the start when one is wrong, by its name and not its value: %j", (given, name) => {
    const read = () => readSettings(given);
    expect(read).toThrow(name);
    expect(read).toThrow("Change these");
    expect(read).not.toThrow(/canary-31/);
  });

  it("take E2B with its key and nothing else, where its sandboxes reach this server", () => {
    const given = { E2B_API_KEY: "e2b_x", PUBLIC_URL: "https://patchbay.example.com" };
    expect(readSettings({})).toMatchObject({ SANDBOX: "local" });
    expect(readSettings(given)).toMatchObject({ SANDBOX: "e2b", E2B_TEMPLATE: "patchbay" });
    expect(readSettings({ ...given, SANDBOX: "local" })).toMatchObject({ SANDBOX: "local" });
    expect(() => readSettings({ SANDBOX: "e2b", PUBLIC_URL: given.PUBLIC_URL })).toThrow(/E2B_API_KEY/);
    expect(() => readSettings({ SANDBOX: "cloud" })).toThrow(/SANDBOX \(must be local or e2b\)/);
  });

  it("need no public address where tools get credentials themselves, which the local sandbox never does", () => {
    const given = { E2B_API_KEY: "e2b_x", CREDENTIAL_DELIVERY: "env" };
    expect(readSettings(given)).toMatchObject({ SANDBOX: "e2b", CREDENTIAL_DELIVERY: "env" });
    expect(() => readSettings({ CREDENTIAL_DELIVERY: "env" })).toThrow(/CREDENTIAL_DELIVERY \(env is for E2B/);
    expect(() => readSettings({ ...given, CREDENTIAL_DELIVERY: "both" })).toThrow(/CREDENTIAL_DELIVERY/);
  });

  it.each([undefined, "http://patchbay.example.com", "http://10.0.0.5:4800"])(
    "let no run grant travel to E2B without https, choose nothing weaker unasked, and name what there is: %s",
    (PUBLIC_URL) => {
      const read = () => readSettings({ E2B_API_KEY: "e2b_x", PUBLIC_URL });
      expect(read).toThrow(/PUBLIC_URL=https:[^]*CREDENTIAL_DELIVERY=env[^]*SANDBOX=local/);
      expect(read).not.toThrow(/e2b_x/);
    },
  );

  it("want a vault key of one's own with a database of one's own", () => {
    expect(() => readSettings({ DATABASE_URL: "postgres://localhost/x" })).toThrow(/Set these .*VAULT_KEYS/);
  });

  it("show no secret when they are printed", () => {
    const settings = readSettings({
      ANTHROPIC_API_KEY: "canary-1",
      VAULT_KEYS: "k:canary-2",
      DATABASE_URL: "postgres://u:canary-3@h/x",
    });
    expect(inspect(settings, { depth: 9 }) + JSON.stringify(settings)).not.toContain("canary-");
  });

  it("know the OAuth client of a service by its slug", () => {
    const { platformClient } = readSettings({ MY_SERVICE_CLIENT_ID: "id", MY_SERVICE_CLIENT_SECRET: "canary-6" });
    expect(platformClient("my-service")).toMatchObject({ clientId: "id" });
    expect(platformClient("my-service")?.clientSecret?.reveal()).toBe("canary-6");
    expect(platformClient("other")).toBeUndefined();
    const bound = readSettings({ GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_HOSTS: "github.com, *.ghe.com" });
    expect(bound.platformClient("github")?.hosts).toEqual(["github.com", "*.ghe.com"]);
  });
});

it("env.example names every setting there is", () => {
  const example = readFileSync(join(home, "env.example"), "utf8");
  const read = readFileSync(join(home, "src/apps/env.ts"), "utf8");
  const names = [...read.matchAll(/^ {4}([A-Z][A-Z0-9_]+):/gm)].map((found) => found[1] ?? "");
  expect(names.length).toBeGreaterThan(11);
  expect(names.filter((name) => !example.includes(`# ${name}=`))).toEqual([]);
});
