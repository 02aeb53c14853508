import { showHidden } from "./marked-data.ts";

/** A body as a person reads it: JSON indented, all else as it is sent; what would not show is made to. */
export function readableBody(body: string, contentType: string | null): string {
  return showHidden(contentType?.includes("json") ? indented(body) : body);
}

const deepest = 40;

/**
 * Indents JSON token by token. Parsed and written anew, a field that stands there twice would show once, while services differ
 * in which of the two they take, and long numbers would show as others.
 */
function indented(json: string): string {
  try {
    JSON.parse(json);
  } catch {
    return json;
  }
  let depth = 0;
  let before = "";
  const newLine = () => `\n${"  ".repeat(Math.min(depth, deepest))}`;
  return Array.from(json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g), ([token]) => {
    const wasOpened = before === "{" || before === "[";
    before = token;
    if (token === "}" || token === "]") {
      depth -= 1;
      return wasOpened ? token : newLine() + token;
    }
    const start = wasOpened || before === "" ? newLine() : "";
    if (token === "{" || token === "[") {
      depth += 1;
      return start + token;
    }
    if (token === ",") return token + newLine();
    if (token === ":") return ": ";
    return start + (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token);
  }).join("");
}
