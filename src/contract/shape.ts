import { z } from "zod";

/**
 * The form of an answer, without any of its data: names of fields and their types. `{id: "string", tags: ["string"]}`; several
 * types of one place are joined with `|`.
 */
export type Shape = string | [Shape] | { [field: string]: Shape };
export const Shape: z.ZodType<Shape> = z.lazy(() =>
  z.union([z.string(), z.tuple([Shape]), z.record(z.string(), Shape)]),
);

export function shapeOf(value: unknown, depth = 0): Shape {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    if (depth >= deepest) return "array";
    return [value.slice(0, membersRead).reduce<Shape>((all, one) => joined(all, shapeOf(one, depth + 1)), "nothing")];
  }
  if (typeof value !== "object") return typeof value;
  const entries = Object.entries(value);
  // Names that are data themselves (ids, dates, addresses) make a map, whose one form is kept.
  if (depth >= deepest || entries.length > mostFields) return "object";
  if (entries.length > 0 && entries.every(([name]) => isData(name))) {
    return { "*": entries.map(([, one]) => shapeOf(one, depth + 1)).reduce(joined) };
  }
  return Object.fromEntries(
    entries.map(([name, one]) => [isData(name) ? "*" : name.slice(0, 100), shapeOf(one, depth + 1)]),
  );
}

/** Two forms of one place together. */
export function joined(one: Shape, other: Shape): Shape {
  if (one === "nothing") return other;
  if (other === "nothing") return one;
  if (Array.isArray(one) && Array.isArray(other)) return [joined(one[0], other[0])];
  if (isFields(one) && isFields(other)) return joinedFields(one, other);
  const types = new Set([...named(one), ...named(other)]);
  return [...types].toSorted().join("|");
}

/** A field that only one of them has is one that may be missing: `name?`. */
function joinedFields(one: { [field: string]: Shape }, other: { [field: string]: Shape }): Shape {
  const all: { [field: string]: Shape } = {};
  const bare = (name: string) => name.replace(/\?$/, "");
  const of = (shape: { [field: string]: Shape }, name: string) => shape[name] ?? shape[`${name}?`];
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)].map(bare))) {
    const [first, second] = [of(one, name), of(other, name)];
    const isAlways = one[name] !== undefined && other[name] !== undefined;
    all[isAlways ? name : `${name}?`] = joined(first ?? "nothing", second ?? "nothing");
  }
  return all;
}

/**
 * What of a known form is gone or of another type in a new answer, by its path; new fields are no change for the worse. Places
 * that were seen empty or absent say nothing.
 */
export function changesOf(known: Shape, seen: Shape, path = ""): string[] {
  if (seen === "nothing" || known === "nothing" || seen === "null" || known === "null") return [];
  if (Array.isArray(known) && Array.isArray(seen)) return changesOf(known[0], seen[0], `${path}[]`);
  if (isFields(known) && isFields(seen)) {
    return Object.entries(known).flatMap(([name, one]) => {
      const there = seen[name] ?? seen[`${name}?`];
      const at = path === "" ? name : `${path}.${name}`;
      if (name.endsWith("*") || name.endsWith("?")) return [];
      if (there === undefined) return named(one).includes("null") ? [] : [`${at} is gone`];
      return changesOf(one, there, at);
    });
  }
  const [was, is] = [named(known), named(seen)];
  const fits = is.every((type) => was.includes(type) || type === "null");
  return fits ? [] : [`${path || "the answer"} was ${was.join(" or ")}, is ${is.join(" or ")}`];
}

const named = (shape: Shape): string[] =>
  typeof shape === "string" ? shape.split("|") : [Array.isArray(shape) ? "array" : "object"];
const isFields = (shape: Shape): shape is { [field: string]: Shape } =>
  typeof shape === "object" && !Array.isArray(shape);
const isData = (name: string) =>
  !/^[A-Za-z_$@][\w$.:@ -]{0,60}$/.test(name) || /\d{4,}|@.+\.|^[0-9a-f-]{20,}$/i.test(name);

const deepest = 8;
const mostFields = 300;
const membersRead = 50;
