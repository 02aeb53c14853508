import type { Secret } from "../contract/secret.ts";

type Shared = {
  files: { path: string; content: string }[];
  secrets: Secret[];
  /** Texts that belong to people of the tenant. */
  personal: string[];
};

/**
 * What only this server can know must not be public: secrets in use, its people and accounts. Everything else is the community's
 * own `validate`. No fault repeats what it found.
 */
export function tenantFaults({ files, secrets, personal }: Shared): string[] {
  const faults: string[] = [];
  for (const { path, content } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    for (const [at, line] of content.split("\n").entries()) {
      for (const text of personal) {
        if (text.length >= 4 && line.toLowerCase().includes(text.toLowerCase())) {
          faults.push(`${name}, line ${at + 1}: it names your house, or one of your people or accounts`);
        }
      }
    }
    for (const form of secrets.flatMap(formsOf)) {
      const at = content.indexOf(form);
      if (at < 0) continue;
      const line = content.slice(0, at).split("\n").length;
      faults.push(`${name}, line ${line}: it holds a secret of one of your connections`);
    }
  }
  return [...new Set(faults)];
}

/** The forms a secret may take in a text. */
function formsOf(secret: Secret): string[] {
  const text = secret.reveal();
  if (text.length < 6) return []; // "none", "x": found everywhere
  const bytes = Buffer.from(text, "utf8");
  return [text, encodeURIComponent(text), bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex")];
}
