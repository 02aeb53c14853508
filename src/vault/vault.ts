import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Problem } from "../contract/problem.ts";
import { Secret } from "../contract/secret.ts";
import { parseKeys } from "./keys.ts";

export type Sealed = { sealed: string; keyId: string };

/**
 * Seals texts for rows of the database: AES-256-GCM under the newest key, bound to a place (see `places.ts`). What was
 * sealed for one row does not open in another one's.
 */
export type Vault = {
  seal(text: string | Secret, place: string): Sealed;
  /** @throws Problem `vault_key_wrong` when its key is not here; `vault_unreadable` when it was changed or moved. */
  open(sealed: string, place: string): Secret;
  /** Newest first: the first seals, all open. */
  keyIds: readonly [string, ...string[]];
};

/**
 * @param options.keys  `id:base64,id2:base64`, newest first, 32 bytes each.
 * @throws Problem `vault_key_missing`; `settings_missing` naming the key that cannot be used, never showing it.
 */
export function createVault(options: { keys: string | Secret }): Vault {
  const keys = parseKeys(options.keys);
  const [newest] = keys;
  const byId = new Map(keys.map((key) => [key.id, key.bytes]));

  return {
    keyIds: [newest.id, ...keys.slice(1).map((key) => key.id)],

    seal(text, place) {
      const start = randomBytes(ivLength);
      const cipher = createCipheriv(algorithm, newest.bytes, start).setAAD(boundTo(newest.id, place));
      const plain = typeof text === "string" ? text : text.reveal();
      const bytes = Buffer.concat([start, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return { sealed: `${form}:${newest.id}:${bytes.toString("base64url")}`, keyId: newest.id };
    },

    open(sealed, place) {
      const [written, keyId, text, ...rest] = sealed.split(":");
      if (written !== form || !keyId || !text || rest.length > 0) throw new Problem("vault_unreadable");
      const key = byId.get(keyId);
      if (!key) throw new Problem("vault_key_wrong", { keyId });
      const bytes = Buffer.from(text, "base64url");
      if (bytes.length < ivLength + tagLength) throw new Problem("vault_unreadable");
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
          .setAAD(boundTo(keyId, place))
          .setAuthTag(bytes.subarray(-tagLength));
        const plain = [decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()];
        return new Secret(Buffer.concat(plain).toString("utf8"));
      } catch {
        throw new Problem("vault_unreadable"); // the cipher's own error says nothing more
      }
    },
  };
}

const algorithm = "aes-256-gcm";
const form = "1";
const ivLength = 12;
const tagLength = 16;

const boundTo = (keyId: string, place: string) => Buffer.from(`patchbay:${form}:${keyId}:${place}`, "utf8");
