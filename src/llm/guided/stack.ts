import type { Option, Task } from "./memory.ts";

/** A fresh operation to carry out, for what a sentence asks. */
export function newTask(facts: Pick<Task, "sentence" | "slug" | "operation"> & Partial<Task>): Task {
  return { values: {}, used: [], others: [], unlisted: [], wanted: [], known: {}, ...facts };
}

/** The person, or their sentence, chose a thing for an input. */
export function chosen(stack: Task[], input: string, thing: string, option: Option): Task[] {
  const filled = withValue(stack, input, option.value);
  return filled.map((task, index) => ({
    ...task,
    used: [...task.used, option.label],
    ...(index === 0 && stack.length > 1 ? { known: { ...task.known, [thing]: option.value } } : {}),
  }));
}

export function withValue(stack: Task[], input: string, value: unknown): Task[] {
  const task = top(stack);
  const isList = task.described?.input[input]?.type === "array" && !Array.isArray(value);
  return withTask(stack, { ...task, values: { ...task.values, [input]: isList ? [value] : value } });
}

/** What the sentence said is used up by the input it went to. */
export function withWords(stack: Task[], input: string, said: string): Task[] {
  const filled = withValue(stack, input, said);
  return withTask(filled, { ...top(filled), saidIn: input });
}

export function unlisted(stack: Task[], input: string): Task[] {
  const task = top(stack);
  return withTask(stack, { ...task, unlisted: [...task.unlisted, input] });
}

export const withTask = (stack: Task[], task: Task): Task[] => [...stack.slice(0, -1), task];

export function top(stack: Task[]): Task {
  const task = stack.at(-1);
  if (!task) throw new Error("there is no task to go on with");
  return task;
}
