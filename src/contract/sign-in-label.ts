import type { SignInCard } from "./chat.ts";

/** What a way to sign in is called beside the others: two that bear the same name are told apart by what they ask for. */
export function signInLabel(
  { methods }: Pick<SignInCard, "methods">,
  { id, label, fields }: SignInCard["methods"][number],
): string {
  const isShared = methods.some((other) => other.id !== id && other.label === label);
  if (!isShared || fields.length === 0) return label;
  return `${label} (${fields.map((field) => field.label).join(" and ")})`;
}
