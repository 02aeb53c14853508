import { at } from "./read-token-answer.ts";

/** Facts to keep from an answer, by our name; only short texts, numbers and truth values are facts. */
export function readMetadata(
  wanted: Readonly<Record<string, string>> | undefined,
  answer: unknown,
): Record<string, string> {
  const found = Object.entries(wanted ?? {}).flatMap(([ours, theirs]) => {
    const value = at(answer, theirs);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return [];
    const text = String(value);
    return text.length > 0 && text.length <= 500 && !/\p{Cc}/u.test(text) ? [[ours, text] as const] : [];
  });
  return Object.fromEntries(found);
}

/**
 * A name for the account from the claims of an ID token in a token answer. It came over our own TLS connection, so OpenID
 * Connect Core §3.1.3.7 lets us skip the signature; it only labels the connection and grants nothing.
 */
export function accountHint(answer: unknown): string | undefined {
  const token = at(answer, "id_token");
  if (typeof token !== "string") return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return firstText(claims, ["email", "preferred_username", "name"]);
  } catch {
    return undefined;
  }
}

/** The first of these dotted paths that holds a usable label. */
export function firstText(answer: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = at(answer, path);
    const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
    if (text !== "") return text.replace(/[\p{Cc}\p{Cf}]/gu, "").slice(0, 120);
  }
  return undefined;
}
