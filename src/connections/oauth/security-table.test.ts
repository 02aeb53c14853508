import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OAuth2 } from "../../contract/auth-method.ts";

const root = join(import.meta.dirname, "../../..");
const table = readFileSync(join(root, "docs/oauth-security.md"), "utf8");
const named = [...table.matchAll(/`([\w/-]+\.test\.ts)`: (.+?) \|$/gm)].map(([, file = "", title = ""]) => ({
  file,
  title,
}));

it("names a test in each of its lines", () => {
  const lines = table.split("\n").filter((line) => /^\| (?!---|RFC 9700|What)/.test(line));
  expect(lines.length).toBeGreaterThan(35);
  expect(named).toHaveLength(lines.length);
});

it.each(named)("$title ($file) is there", ({ file, title }) => {
  expect(readFileSync(join(root, "src", file), "utf8")).toContain(`"${title}"`);
});

it("offers no grant by password and none without a code", () => {
  const { options } = OAuth2.shape.grant.unwrap();
  expect(options.toSorted()).toEqual(["authorization_code", "client_credentials", "device_code"]);
});
