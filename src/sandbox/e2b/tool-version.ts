import { createHash } from "node:crypto";
import type { ToolDescription } from "@patchbay/kit";

const known = new WeakMap<ToolDescription, { code: string; version: string }>();

/** Tells whether a sandbox holds a tool as it is now: the same for the same file and description, wherever it is asked. */
export function toolVersion(code: string, description: ToolDescription): string {
  const same = known.get(description);
  if (same?.code === code) return same.version;
  const text = JSON.stringify(description, (_name, value: unknown) => sorted(value));
  const version = createHash("sha256")
    .update(JSON.stringify([code, text]))
    .digest("hex")
    .slice(0, 32);
  known.set(description, { code, version });
  return version;
}

/** A database gives the fields of an object in an order of its own. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
