import { Problem } from "../contract/problem.ts";
import { Secret } from "../contract/secret.ts";

export type Key = { id: string; bytes: Buffer };

/** Reads `id:base64,id2:base64`, newest first. The problems name a key by its place and id, never by what it holds. */
export function parseKeys(text: string | Secret): [Key, ...Key[]] {
  const entries = (text instanceof Secret ? text.reveal() : text)
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const keys = entries.map(parseKey);
  const [newest, ...older] = keys;
  if (!newest) throw new Problem("vault_key_missing");
  for (const [place, { id }] of keys.entries()) {
    if (keys.findIndex((key) => key.id === id) < place) wrong(`two keys have the id "${id}"`);
  }
  return [newest, ...older];
}

function parseKey(entry: string, place: number): Key {
  const parts = /^([A-Za-z0-9_-]{1,40}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry);
  if (!parts?.[1] || !parts[2]) return wrong(`key ${place + 1} must look like id:base64`);
  const bytes = Buffer.from(parts[2], "base64"); // takes base64url too
  if (bytes.length !== 32) {
    return wrong(`key "${parts[1]}" holds ${bytes.length} bytes and must hold 32: openssl rand -base64 32`);
  }
  return { id: parts[1], bytes };
}

function wrong(detail: string): never {
  throw new Problem("settings_missing", { names: [`VAULT_KEYS (${detail})`] });
}
