import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Problem } from "../contract/problem.ts";
import { createVault } from "./vault.ts";

const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof Problem ? error.code : error;
  }
  return "nothing was thrown";
};

describe("seal and open", () => {
  const vault = createVault({ keys: key("k1") });

  it.each(["canary-7", "", "ключ 🔑", "x".repeat(100_000)])("gives back what was sealed", (text) => {
    const { sealed, keyId } = vault.seal(text, "credential_version/a/1");
    expect(keyId).toBe("k1");
    expect(vault.open(sealed, "credential_version/a/1").reveal()).toBe(text);
  });

  it("seals the same text differently each time and never shows it", () => {
    const [one, two] = [vault.seal("canary-7", "p"), vault.seal("canary-7", "p")];
    expect(one.sealed).not.toBe(two.sealed);
    expect(one.sealed).not.toContain("canary");
    expect(Buffer.from(one.sealed.split(":")[2] ?? "", "base64url").toString("latin1")).not.toContain("canary");
    expect(inspect(vault.open(one.sealed, "p")) + JSON.stringify(vault.open(one.sealed, "p"))).not.toContain("canary");
  });

  it("refuses a row moved to another row's place", () => {
    const { sealed } = vault.seal("canary-7", "credential_version/a/1");
    expect(code(() => vault.open(sealed, "credential_version/b/1"))).toBe("vault_unreadable");
    expect(code(() => vault.open(sealed, "credential_version/a/2"))).toBe("vault_unreadable");
  });

  it("refuses a value with any one byte changed", () => {
    const { sealed } = vault.seal("canary-7", "p");
    const [form, id, text = ""] = sealed.split(":");
    const bytes = Buffer.from(text, "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(code(() => vault.open(`${form}:${id}:${changed.toString("base64url")}`, "p"))).toBe("vault_unreadable");
    }
  });

  it.each(["", "1", "1:k1", "1:k1:", "1:k1:AAAA", "2:k1:AAAA", "1:k1:AAAA:x", "plain text"])(
    "refuses %j, which was never sealed",
    (text) => expect(code(() => vault.open(text, "p"))).toBe("vault_unreadable"),
  );

  it("refuses a value relabelled with another key's id", () => {
    const two = createVault({ keys: `${key("k2")},${key("k1")}` });
    const { sealed } = two.seal("canary-7", "p");
    expect(code(() => two.open(sealed.replace(":k2:", ":k1:"), "p"))).toBe("vault_unreadable");
    expect(code(() => two.open(sealed.replace(":k2:", ":k9:"), "p"))).toBe("vault_key_wrong");
  });
});

describe("keys", () => {
  it("seals with the newest and opens with all", () => {
    const older = key("k1");
    const { sealed } = createVault({ keys: older }).seal("canary-7", "p");
    const vault = createVault({ keys: ` ${key("k2")}, ${older} ` });
    expect(vault.keyIds).toEqual(["k2", "k1"]);
    expect(vault.open(sealed, "p").reveal()).toBe("canary-7");
    expect(vault.seal("x", "p").keyId).toBe("k2");
  });

  it("has no vault without a key", () => {
    expect(code(() => createVault({ keys: " " }))).toBe("vault_key_missing");
  });

  it.each([
    ["k1", /key 1 must look like id:base64/],
    [`k1:${Buffer.from("too short canary").toString("base64")}`, /key "k1" holds 16 bytes/],
    [`${key("k1")},${key("k1")}`, /two keys have the id "k1"/],
    [`${key("k2")},k1:!!!canary!!!`, /key 2 must look like id:base64/],
  ])("names the key that cannot be used, without showing it", (keys, expected) => {
    expect(() => createVault({ keys })).toThrow(expected);
    expect(() => createVault({ keys })).not.toThrow(/canary|[A-Za-z0-9+/]{40}/);
  });
});
