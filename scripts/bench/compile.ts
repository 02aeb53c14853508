import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { route, sliceOf } from "@patchbay/kit";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { compile } from "../../src/builder/openapi/compile.ts";
import { largeBesideSmall } from "./compile/large-beside-small.ts";
import { median } from "./figures.ts";
import type { Bench, Row } from "./main.ts";

/**
 * A document of 1,223 operations and 13 MB beside one of ten, or the document named by PATCHBAY_BENCH_DOCUMENT in place of
 * the large one: time to compile, the longest pause of the server's event loop meanwhile, memory, and what a large table
 * costs once it is a tool.
 */
export const bench: Bench = async () => {
  const file = process.env["PATCHBAY_BENCH_DOCUMENT"];
  const large = file ? readFileSync(file, "utf8") : documentOf(1223, 12_500);
  const small = documentOf(10, 500);
  await compile(small, {}); // the worker thread is there in a running server
  const parse = time(() => JSON.parse(large));
  const pauses = monitorEventLoopDelay({ resolution: 1 });
  const largeMs: number[] = [];
  const pauseMs: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    pauses.reset();
    pauses.enable();
    const begun = performance.now();
    await compile(large, { slug: "large" });
    largeMs.push(performance.now() - begun);
    pauses.disable();
    pauseMs.push(pauses.max / 1e6);
  }
  const smallMs: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    const begun = performance.now();
    await compile(small, { slug: "small" });
    smallMs.push(performance.now() - begun);
  }
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const many = await compile(large, { slug: "large" });
  const [name = ""] = Object.keys(many.tool.operations);
  const shown = route(many.tool, ["--help"]);
  const rows: Row[] = [
    {
      name: `${Object.keys(many.tool.operations).length} operations, ${Math.round(large.length / 1e6)} MB: compile`,
      value: median(largeMs),
      unit: "ms",
      ratio: median(largeMs) / parse,
      aim: "2,500; the ratio is to JSON.parse",
    },
    { name: "longest pause of the event loop meanwhile", value: median(pauseMs), unit: "ms", aim: "50" },
    { name: "resident memory after it", value: rssMb, unit: "MB", aim: "600" },
    { name: "ten operations: compile", value: median(smallMs), unit: "ms", aim: "150" },
    {
      name: "what a call hands to its process, large",
      value: JSON.stringify(sliceOf(many.tool, name)).length,
      unit: "bytes",
    },
    { name: "the file of the large tool", value: many.cliCode.length / 1000, unit: "kB" },
    {
      name: "--help of the large tool",
      value: "stdout" in shown ? countTokens(shown.stdout) : Number.NaN,
      unit: "tokens",
      aim: "500",
    },
  ];
  rows.push(...(await largeBesideSmall(withRoot(large), withRoot(small), "root list")));
  return { title: "Compiling", rows };
};

function time(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

/** The document with one read more that needs no input. */
function withRoot(document: string): string {
  return document.replace(
    /"paths":\s*\{/,
    '$&"/root":{"get":{"operationId":"root/list","responses":{"200":{"description":"ok"}}}},',
  );
}

/** A document with this many operations, each with parameters, a body and an answer of about `bytes`. */
function documentOf(operations: number, bytes: number): string {
  const nouns = [
    "issues",
    "repos",
    "teams",
    "labels",
    "hooks",
    "keys",
    "users",
    "orgs",
    "gists",
    "pulls",
    "runs",
    "tags",
  ];
  const filler = (size: number) =>
    Object.fromEntries(
      Array.from({ length: Math.ceil(size / 120) }, (_, at) => [
        `field_${at}`,
        {
          type: at % 3 ? "string" : "integer",
          description: `What field ${at} of this answer means to whoever reads it`,
        },
      ]),
    );
  const paths: Record<string, Record<string, unknown>> = {};
  for (let at = 0; at < operations; at += 1) {
    const noun = nouns[at % nouns.length] ?? "things";
    const group = `area-${Math.floor(at / (nouns.length * 4))}`;
    const method = ["get", "post", "patch", "delete"][Math.floor(at / nouns.length) % 4] ?? "get";
    const path = method === "post" ? `/${group}/${noun}` : `/${group}/${noun}/{id}`;
    (paths[path] ??= {})[method] = {
      operationId: `${noun}/${method}-${group}`,
      tags: [group],
      summary: `${method} one of the ${noun} of ${group}`,
      parameters: [
        ...(path.includes("{id}") ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }] : []),
        { name: "state", in: "query", schema: { type: "string", enum: ["open", "closed", "all"] } },
        { name: "per_page", in: "query", schema: { type: "integer", default: 30 } },
      ],
      ...(method === "post" || method === "patch"
        ? {
            requestBody: {
              required: true,
              content: {
                "application/json": {
                  schema: {
                    type: "object",
                    required: ["title"],
                    properties: { title: { type: "string" }, labels: { type: "array", items: { type: "string" } } },
                  },
                },
              },
            },
          }
        : {}),
      responses: {
        200: {
          description: "ok",
          content: { "application/json": { schema: { type: "object", properties: filler(bytes) } } },
        },
      },
    };
  }
  return JSON.stringify({
    openapi: "3.0.3",
    info: { title: "Large", version: "1" },
    servers: [{ url: "https://api.large.example" }],
    paths,
  });
}
