import { createContext, Script } from "node:vm";
import type { UrlVariable } from "../contract/auth-method.ts";
import { Problem } from "../contract/problem.ts";
import type { Values } from "./fill-template.ts";

/**
 * Checks what a person typed for the blanks of a service's addresses, and adds the defaults.
 *
 * @returns only variables that were declared.
 * @throws Problem `credential_incomplete` naming what is missing; `input_invalid` naming what does not fit.
 */
export function checkVariables(variables: readonly UrlVariable[], given: Values): Record<string, string> {
  const asked = variables.filter(({ from }) => from === undefined || from === "person");
  const values = Object.fromEntries(
    asked.map((each) => [each.name, given[each.name]?.trim() || each.default] as const).filter((pair) => pair[1]),
  ) as Record<string, string>;

  const missing = asked.filter(({ name, optional }) => !optional && values[name] === undefined);
  if (missing.length > 0) throw new Problem("credential_incomplete", { fields: missing.map(nameOf) });
  for (const each of asked) {
    const value = values[each.name];
    if (value !== undefined) checkVariable(each, value);
  }
  return values;
}

/**
 * Facts a service brought in its redirect or token answer, without those that do not fit what is declared of them. A stranger
 * may have written the redirect: an address that needs such a fact is then not known, rather than his.
 */
export function fittingFacts(variables: readonly UrlVariable[], facts: Values): Record<string, string> {
  const declared = new Map(variables.map((each) => [each.name, each]));
  const fitting = Object.entries(facts).filter(([name, value]) => {
    const variable = declared.get(name);
    return variable === undefined || whyNot(variable, value) === undefined;
  });
  return Object.fromEntries(fitting);
}

/** Checks one value against its options and pattern. The sentence does not repeat the value. */
export function checkVariable(variable: UrlVariable, value: string): void {
  const reason = whyNot(variable, value);
  if (reason !== undefined) throw new Problem("input_invalid", { detail: `${nameOf(variable)} ${reason}` });
}

function whyNot({ options, pattern, example }: UrlVariable, value: string): string | undefined {
  if (value.length > 500 || /\p{Cc}/u.test(value)) return "is too long or holds control characters";
  if (options && !options.includes(value)) return `must be one of ${options.join(", ")}`;
  if (pattern === undefined || fits(pattern, value)) return undefined;
  return `does not look right${example ? `, it should look like ${example}` : ""}`;
}

const nameOf = ({ label, name }: UrlVariable) => label ?? name;

/**
 * Patterns come with integrations that others wrote: one that would search for ever is stopped after 50 ms and counts as
 * "does not fit", as does one that is no regular expression.
 */
function fits(pattern: string, text: string): boolean {
  try {
    return Boolean(test.runInContext(createContext({ pattern, text }), { timeout: 50 }));
  } catch {
    return false;
  }
}

const test = new Script("new RegExp(`^(?:${pattern})$`).test(text)");
