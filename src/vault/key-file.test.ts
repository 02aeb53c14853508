import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keysOf } from "./key-file.ts";
import { createVault } from "./vault.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "patchbay-key-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = () => join(folder, "data", "vault.key");
const modeOf = (path: string) => statSync(path).mode & 0o777;

it("makes a key at the first start that only its owner reads, and keeps it", () => {
  const keys = keysOf(join(folder, "data"));
  expect(modeOf(file())).toBe(0o600);
  expect(modeOf(join(folder, "data"))).toBe(0o700);
  expect(readdirSync(join(folder, "data"))).toEqual(["vault.key"]);
  const { sealed } = createVault({ keys }).seal("canary", "p");
  expect(
    createVault({ keys: keysOf(join(folder, "data")) })
      .open(sealed, "p")
      .reveal(),
  ).toBe("canary");
});

it("closes a key file that others could read", () => {
  keysOf(join(folder, "data"));
  chmodSync(file(), 0o644);
  keysOf(join(folder, "data"));
  expect(modeOf(file())).toBe(0o600);
});

it("takes several keys, one a line, newest first", () => {
  const { sealed } = createVault({ keys: keysOf(join(folder, "data")) }).seal("canary", "p");
  writeFileSync(file(), `new:${Buffer.alloc(32, 7).toString("base64")}\n${readFileSync(file(), "utf8")}`);
  const vault = createVault({ keys: keysOf(join(folder, "data")) });
  expect(vault.keyIds[0]).toBe("new");
  expect(vault.open(sealed, "p").reveal()).toBe("canary");
});

it("does not go on with an empty key file: what was sealed before would be lost", () => {
  keysOf(join(folder, "data"));
  writeFileSync(file(), "");
  expect(() => createVault({ keys: keysOf(join(folder, "data")) })).toThrow(/There is no vault key/);
});
