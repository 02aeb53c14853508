import { type Input, pathParameters, type ToolDefinition, type WrittenOperation } from "@patchbay/kit";

/**
 * The same tool with the inputs that many operations take said once, at its head: what a file of a thousand operations
 * mostly consists of, else, is what `owner` and `page` mean.
 */
export function sayOnce(definition: ToolDefinition): ToolDefinition {
  const inputs = sharedBy(Object.values(definition.operations));
  if (Object.keys(inputs).length === 0) return definition;
  const { operations, ...head } = definition;
  const shortened = Object.entries(operations).map(([title, operation]): [string, WrittenOperation] => {
    const { input = {}, ...rest } = operation;
    const inPath = pathParameters(operation);
    const own: [string, Input | true][] = [];
    // Of a path parameter that is nothing but text nothing was said: now it has to be.
    for (const name of inPath) if (!tells(input, name) && Object.hasOwn(inputs, name)) own.push([name, {}]);
    for (const [name, one] of Object.entries(input)) {
      if (!Object.hasOwn(inputs, name) || JSON.stringify(one) !== JSON.stringify(inputs[name])) own.push([name, one]);
      else if (!isPath(one, name, inPath)) own.push([name, true]);
    }
    return [title, own.length > 0 ? { ...operation, input: Object.fromEntries(own) } : rest];
  });
  return { ...head, inputs, operations: Object.fromEntries(shortened) };
}

/** For each name what most is saved by, when it is worth a look to the head of the file. */
function sharedBy(operations: WrittenOperation[]): { [name: string]: Input } {
  const said = new Map<string, Map<string, { input: Input; saved: number; times: number }>>();
  const untold = new Map<string, number>();
  for (const operation of operations) {
    const { input = {} } = operation;
    const inPath = pathParameters(operation);
    for (const name of inPath) if (!tells(input, name)) untold.set(name, (untold.get(name) ?? 0) + 1);
    for (const [name, one] of Object.entries(input)) {
      if (one === true) continue;
      const forms = said.get(name) ?? new Map<string, { input: Input; saved: number; times: number }>();
      said.set(name, forms);
      const text = JSON.stringify(one);
      const form = forms.get(text) ?? { input: one, saved: 0, times: 0 };
      forms.set(text, form);
      form.times += 1;
      form.saved += text.length + (isPath(one, name, inPath) ? name.length : -"true".length);
    }
  }
  const chosen = [...said].flatMap(([name, forms]): [string, Input][] => {
    const [best] = [...forms.values()].sort((a, b) => b.saved - a.saved);
    if (!best || best.times < fewest) return [];
    const cost = JSON.stringify(best.input).length + (untold.get(name) ?? 0) * (name.length + "{}".length);
    return best.saved - cost > leastSaved ? [[name, best.input]] : [];
  });
  return Object.fromEntries(chosen.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is said three times and in some words is worth a look to the head of the file. */
const fewest = 3;
const leastSaved = 80; // letters

function tells(input: NonNullable<WrittenOperation["input"]>, parameter: string): boolean {
  return Object.entries(input).some(
    ([name, one]) => name === parameter || (one !== true && (one.in ?? "path") === "path" && one.name === parameter),
  );
}

function isPath(input: Input | true, name: string, inPath: string[]): boolean {
  return input !== true && input.name === undefined && (input.in ?? "path") === "path" && inPath.includes(name);
}
