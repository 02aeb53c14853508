import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { runOn } from "../../../e2b-template/kit/testing.ts";
import { compiled } from "./testing.ts";

type Validator = new (definition: object) => { validateRequest(request: object): { errors?: unknown[] } | undefined };
const OpenApiRequestValidator = (createRequire(import.meta.url)("openapi-request-validator") as { default: Validator })
  .default;

// A checker that is not ours judges what arrived: each schema allows one value only, the one that was asked for. The wire
// is decoded by the runtime's URL and JSON parsers.
it("sends random parameters so that another's validator finds exactly them", async () => {
  const random = seeded(20261121);
  for (let round = 0; round < 150; round += 1) {
    const names = [...new Set(Array.from({ length: 1 + Math.floor(random() * 4) }, () => name(random)))];
    const wanted = names.map((one) => ({
      name: one,
      kind: pick(random, ["string", "integer", "boolean", "many", "csv", "pipes", "json"] as const),
    }));
    const values = Object.fromEntries(wanted.map(({ name: one, kind }) => [one, value(random, kind)]));
    const path = { id: text(random, 1), kind: text(random, 1) };
    const body = { whole: tree(random, 0) };
    const parameters = [
      ...Object.keys(path).map((one) => ({ name: one, in: "path", required: true, schema: { type: "string" } })),
      ...wanted.map(({ name: one, kind }) => ({ name: one, in: "query", ...forms[kind] })),
    ];
    const { tool } = await compiled({
      "/a/{id}/b/{kind}": {
        post: { operationId: "theOne", parameters, requestBody: { content: { "application/json": {} } } },
      },
    });
    const { sent, stderr } = await runOn(tool, [
      "call",
      "theOne",
      "--input",
      JSON.stringify({ path, query: values, body }),
    ]);
    expect(stderr).toBe("");
    const url = new URL(sent[0]?.url ?? "");
    const [, , , id = "", , kind = ""] = url.pathname.split("/").map(decodeURIComponent);
    const query = Object.fromEntries(
      wanted.map((one) => [one.name, decoded(one.kind, url.searchParams.getAll(one.name))]),
    );
    const exactly = (one: unknown) => ({ enum: [one] });
    const validator = new OpenApiRequestValidator({
      parameters: [
        ...Object.entries(path).map(([one, each]) => ({
          name: one,
          in: "path",
          required: true,
          schema: exactly(each),
        })),
        ...wanted.map((one) => ({ name: one.name, in: "query", required: true, schema: exactly(values[one.name]) })),
      ],
      requestBody: { required: true, content: { "application/json": { schema: exactly(body) } } },
    });
    const arrived = {
      headers: { "content-type": sent[0]?.headers["content-type"] },
      params: { id, kind },
      query,
      body: JSON.parse(sent[0]?.body ?? "") as unknown,
    };
    expect(validator.validateRequest(arrived)?.errors, `round ${round}: ${sent[0]?.url}`).toBeUndefined();
    expect([...new Set(url.searchParams.keys())].sort()).toEqual(names.toSorted());
  }
});

const forms = {
  string: { schema: { type: "string" } },
  integer: { schema: { type: "integer" } },
  boolean: { schema: { type: "boolean" } },
  many: { schema: { type: "array", items: { type: "string" } } },
  csv: { schema: { type: "array", items: { type: "string" } }, explode: false },
  pipes: { schema: { type: "array", items: { type: "string" } }, style: "pipeDelimited", explode: false },
  json: { content: { "application/json": { schema: {} } } },
};
type Kind = keyof typeof forms;

function decoded(kind: Kind, found: string[]): unknown {
  const [first = ""] = found;
  if (kind === "many") return found;
  if (kind === "csv") return first.split(",");
  if (kind === "pipes") return first.split("|");
  if (kind === "string") return first;
  return JSON.parse(first) as unknown;
}

function value(random: () => number, kind: Kind): unknown {
  const members = Array.from({ length: 1 + Math.floor(random() * 3) }, () => text(random, 1).replace(/[,|]/g, "_"));
  if (kind === "integer") return Math.floor((random() - 0.5) * 1e9);
  if (kind === "boolean") return random() < 0.5;
  if (kind === "json") return { whole: tree(random, 0) };
  return kind === "string" ? text(random, 0) : members;
}

function tree(random: () => number, depth: number): unknown {
  const roll = random();
  if (depth > 2 || roll < 0.4) return text(random, 0);
  if (roll < 0.5) return null;
  if (roll < 0.6) return Math.round(random() * 1e6) / 100;
  if (roll < 0.8) return Array.from({ length: Math.floor(random() * 3) }, () => tree(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => [`k${index}`, tree(random, depth + 1)]),
  );
}

function text(random: () => number, least: number): string {
  const letters = [
    "a",
    "Z",
    "9",
    "-",
    ".",
    "_",
    "~",
    " ",
    "/",
    "?",
    "#",
    "&",
    "=",
    "+",
    "%",
    "%2F",
    "é",
    "日",
    "😀",
    "'",
    '"',
    "<",
    "[",
    "{",
    ";",
    ":",
    "@",
    "!",
    "$",
    "(",
    "*",
    "\\",
    "^",
    "`",
    ",",
    "|",
    "\n",
  ];
  const made = Array.from({ length: least + Math.floor(random() * 8) }, () => pick(random, letters)).join("");
  // "." and ".." cannot stand alone in a path; the kit refuses them.
  return /^\.{1,2}$/.test(made) ? `${made}x` : made;
}

function name(random: () => number): string {
  return (
    Array.from({ length: 1 + Math.floor(random() * 5) }, () =>
      pick(random, ["a", "b", "Q", "_", "-", "[", "]", "$", ".", "é", " ", "@", "+", "&"]),
    ).join("") + String(Math.floor(random() * 1000))
  );
}

function pick<T>(random: () => number, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}

/** Mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
