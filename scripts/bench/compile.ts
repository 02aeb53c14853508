import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { route } from "@patchbay/kit";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { compile } from "../../src/builder/openapi/compile.ts";
import { writeFolder } from "../../src/builder/openapi/write-folder.ts";
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
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  try {
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
    const [many, few] = [await compile(large, { slug: "large" }), await compile(small, { slug: "small" })];
    await writeFolder(many, join(folder, "large"));
    await writeFolder(few, join(folder, "small"));
    const help = inTurn(
      () => void route(many.tool, ["--help"]),
      () => void route(few.tool, ["--help"]),
      20,
    );
    const [name = ""] = Object.keys(many.tool.operations);
    const routed = route(many.tool, [...name.split(" "), "x"]);
    const alone = inTurn(
      () => run(join(folder, "large")),
      () => run(join(folder, "small")),
      7,
    );
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
        name: "--help in the server, large / small",
        value: median(help.a),
        unit: "ms",
        ratio: median(help.a) / median(help.b),
      },
      {
        name: "what a call hands to its process, large",
        value: "slice" in routed ? JSON.stringify(routed.slice).length : Number.NaN,
        unit: "bytes",
      },
      {
        name: "node cli.ts --help by itself, large / small",
        value: median(alone.a),
        unit: "ms",
        ratio: median(alone.a) / median(alone.b),
        aim: "1.2",
      },
      {
        name: "--help of the large tool",
        value: "stdout" in shown ? countTokens(shown.stdout) : Number.NaN,
        unit: "tokens",
        aim: "500",
      },
    ];
    return { title: "Compiling", rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function run(folder: string): void {
  const ran = spawnSync(process.execPath, ["cli.ts", "--help"], { cwd: folder });
  if (ran.status !== 0) throw new Error(ran.stderr.toString());
}

function time(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

/** Both in turn, so that a slow moment strikes both. */
function inTurn(a: () => void, b: () => void, rounds: number): { a: number[]; b: number[] } {
  const times = { a: [] as number[], b: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.a.push(time(a));
    times.b.push(time(b));
  }
  return times;
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
