import { grantPattern } from "../contract/opaque-token.ts";

const mark = "pbg_";
const grantLength = mark.length + 22 + 1 + 43;

/** Takes run grants out of what a tool printed. A grant has ended by then; its sight would only invite trying. */
export function hideGrants(text: string): string {
  return text.includes(mark) ? text.replaceAll(grantPattern, "[grant]") : text;
}

/** The same for output that arrives in pieces. */
export function grantHider(): { push(text: string): string; end(): string } {
  let held = "";
  return {
    push: (text) => {
      const whole = hideGrants(held + text);
      const from = beginningAtEnd(whole);
      held = whole.slice(from);
      return whole.slice(0, from);
    },
    end: () => {
      const rest = hideGrants(held);
      held = "";
      return rest;
    },
  };
}

/** Where something begins that may yet become a grant; the length when nothing does. */
function beginningAtEnd(text: string): number {
  const tail = Math.max(0, text.length - grantLength + 1);
  for (let at = text.indexOf(mark, tail); at !== -1; at = text.indexOf(mark, at + 1)) {
    if (/^[A-Za-z0-9_-]*$/.test(text.slice(at))) return at;
  }
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(mark.slice(0, length))) return text.length - length;
  }
  return text.length;
}
