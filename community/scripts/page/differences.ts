import { isDeepStrictEqual } from "node:util";
import type { Files } from "../checks/fault.ts";
import { Config } from "./config.ts";
import { count } from "./markdown.ts";
import { type Operation, operationsOf, restOfTable } from "./operations.ts";

/** What one form of an integration has that the one before it had not, judged by values and not by how they are laid out. */
export type Differences = {
  added: Operation[];
  gone: Operation[];
  changed: { now: Operation; was: Operation; fields: string[] }[];
  unchanged: number;
  /** Fields of `config.json` beside the lists that follow from the operations. */
  config: string[];
  /** Fields of the table in `cli.ts` beside its operations. */
  table: string[];
  instructions: boolean;
};

export async function differencesOf(files: Files, before: Files): Promise<Differences> {
  const [now, old] = [await operationsOf(files["cli.ts"]), await operationsOf(before["cli.ts"])];
  const [yes, yesBefore] = [files, before].map(
    (some) => Config.parse(JSON.parse(some["config.json"])).permissions.confirmedReads,
  );
  const changed = now.flatMap((one) => {
    const was = old.find(({ name }) => name === one.name);
    if (!was) return [];
    const fields = [
      ...differing(one.fields, was.fields),
      ...(yes?.[one.name] === yesBefore?.[one.name] ? [] : ["confirmedReads"]),
    ];
    return fields.length > 0 ? [{ now: one, was, fields }] : [];
  });
  const added = now.filter(({ name }) => !old.some((was) => was.name === name));
  return {
    added,
    gone: old.filter(({ name }) => !now.some((one) => one.name === name)),
    changed,
    unchanged: now.length - added.length - changed.length,
    config: differing(
      JSON.parse(files["config.json"]) as Record<string, unknown>,
      JSON.parse(before["config.json"]) as Record<string, unknown>,
    ).filter((field) => field !== "permissions"),
    table: differing(await restOfTable(files["cli.ts"]), await restOfTable(before["cli.ts"])),
    instructions: files["instructions.md"] !== before["instructions.md"],
  };
}

/** Whether all that was there is as it was. */
export function isOnlyMore({ gone, changed, config, table, instructions }: Differences): boolean {
  return gone.length + changed.length + config.length + table.length === 0 && !instructions;
}

/** "adds 1 operation, changes 2": what a title says of it. */
export function inShort(differences: Differences): string {
  const { added, gone, changed, config, table, instructions } = differences;
  const parts = [
    ...(added.length > 0 ? [`adds ${count(added.length, "operation")}`] : []),
    ...(changed.length > 0 ? [`changes ${count(changed.length, "operation")}`] : []),
    ...(gone.length > 0 ? [`takes ${count(gone.length, "operation")} away`] : []),
    ...(config.some((field) => field === "auth") || table.some((field) => /^(?:auth|security)$/.test(field))
      ? ["changes the sign-in"]
      : []),
    ...(instructions ? ["changes the instructions"] : []),
  ];
  if (parts.length > 0) return parts.join(", ");
  return isOnlyMore(differences) ? "changes nothing but layout" : "changes how it is described";
}

function differing(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (key) => !isDeepStrictEqual(one[key], other[key]),
  );
}

/** Old and new text by lines, with three lines around each change and, for what is indented, the line it stands under. */
export function lineDiff(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  // Longest common run of lines from each place on: files here have at most some thousand lines.
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      common[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: string[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(` ${old[i]}`);
      i += 1;
      j += 1;
    } else if (j === now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${old[i++]}`);
    else lines.push(`+${now[j++]}`);
  }
  const isNear = (index: number) =>
    lines.slice(Math.max(0, index - 3), index + 4).some((line) => !line.startsWith(" "));
  const depth = (line: string) => line.slice(1).search(/\S/);
  const above = (index: number) =>
    lines.slice(0, index).findLast((line) => depth(line) >= 0 && depth(line) < depth(lines[index] ?? ""));
  const left = (index: number) => {
    const next = lines.findIndex((_, later) => later > index && isNear(later));
    const heading = next < 0 || depth(lines[next] ?? "") <= 0 ? undefined : above(next);
    return heading === undefined ? "…" : `…${heading.slice(1)}`;
  };
  return lines
    .flatMap((line, index) => (isNear(index) ? [line] : index === 0 || isNear(index - 1) ? [left(index)] : []))
    .join("\n");
}
