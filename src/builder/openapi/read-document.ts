import { parse as parseYaml } from "yaml";
import { Problem } from "../../contract/problem.ts";

export type Document = Record<string, unknown>;

export const largestDocument = 30_000_000;
const deepest = 300;

/**
 * Reads a document as it comes from the world: JSON or YAML, with or without byte order mark.
 *
 * @throws Problem `document_empty`, `document_is_page`, `document_unreadable`, `document_too_large`, `document_too_deep`,
 *   `document_unknown` when it is data but no object.
 */
export function readDocument(given: string | Uint8Array): Document {
  if (given.length > largestDocument) throw new Problem("document_too_large", { limitMb: largestDocument / 1e6 });
  const text = (typeof given === "string" ? given : decode(given)).replace(/^\uFEFF/, "").trimStart();
  if (text === "") throw new Problem("document_empty");
  if (/^<(?:!doctype\s+html|html|head|body|script|!--)/i.test(text)) throw new Problem("document_is_page");
  const value = text.startsWith("{") || text.startsWith("[") ? readJson(text) : readYaml(text);
  if (!isRecord(value)) throw new Problem("document_unknown");
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readJson(text: string): unknown {
  refuseDepth(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    // YAML in flow style begins like JSON; so does JSON with a trailing comma, which YAML takes.
    try {
      return readYaml(text);
    } catch {
      throw new Problem("document_unreadable", { detail: reasonOf(error) });
    }
  }
}

function readYaml(text: string): unknown {
  try {
    return parseYaml(text, {
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
      maxAliasCount: 1000,
      merge: true,
    });
  } catch (error) {
    if (error instanceof RangeError || /call stack/i.test(String(error))) throw new Problem("document_too_deep");
    throw new Problem("document_unreadable", { detail: reasonOf(error) });
  }
}

/** Counts brackets outside of strings, before anything recursive sees the text. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) throw new Problem("document_too_deep");
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return new TextDecoder().decode(bytes);
}

/** The parser's words without the document's: a document may hold anything. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (
    message
      .split("\n")[0]
      ?.replace(/, ".*$|"[^"]{30,}"/g, "")
      .slice(0, 160) ?? ""
  );
}
