import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { openHouse } from "../../../src/apps/assemble.ts";
import { readSettings } from "../../../src/apps/env.ts";
import { compile } from "../../../src/builder/openapi/compile.ts";
import { writeFolder } from "../../../src/builder/openapi/write-folder.ts";
import { median } from "../figures.ts";
import type { Row } from "../main.ts";

const rounds = 15;
const names = ["large", "small"];

/**
 * What a large table costs once it is a tool, beside a small one and in turn with it: in the sandbox, as an agent uses it,
 * and as `node cli.ts` by itself. `read` is an operation of both that needs no input.
 */
export async function largeBesideSmall(large: string, small: string, read: string): Promise<Row[]> {
  const documents: Record<string, string> = {};
  const service = createServer((request, response) => {
    response.setHeader("content-type", "application/json").end(documents[request.url ?? ""] ?? '{"ok":true}');
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  documents["/large.json"] = movedTo(`http://${host}`, "Large", large);
  documents["/small.json"] = movedTo(`http://${host}`, "Small", small);
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  const asked = { "--help": ["--help"], search: ["search", "change an issue"], "one call": read.split(" ") };
  const rows: Row[] = [];
  try {
    const shell = await shellAt(host, join(folder, "data"));
    try {
      for (const [what, argv] of Object.entries(asked))
        rows.push(await inTurn(`${what} in the sandbox`, (name) => shell.run([name, ...argv])));
    } finally {
      await shell.close();
    }
    for (const name of names)
      await writeFolder(await compile(documents[`/${name}.json`] ?? "", { slug: name }), join(folder, name));
    for (const [what, argv] of Object.entries(asked))
      rows.push(await inTurn(`node cli.ts, ${what}`, (name) => alone(join(folder, name), argv)));
    return rows;
  } finally {
    service.closeAllConnections();
    service.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The ratio is the middle one of the pairs', so that a slow moment strikes both. */
async function inTurn(what: string, work: (name: string) => Promise<void>): Promise<Row> {
  const [large, ratios]: [number[], number[]] = [[], []];
  const timed = async (name: string) => {
    const begun = performance.now();
    await work(name);
    const ms = performance.now() - begun;
    await new Promise((resolve) => setTimeout(resolve, 100)); // processes ahead are there again
    return ms;
  };
  for (let round = -1; round < rounds; round += 1) {
    const [a, b] = [await timed("large"), await timed("small")];
    if (round < 0) continue; // the first fills caches
    large.push(a);
    ratios.push(a / b);
  }
  return { name: `${what}, large / small`, value: median(large), unit: "ms", ratio: median(ratios), aim: "1.2" };
}

const Document = z.looseObject({ info: z.looseObject({}), components: z.looseObject({}).optional() });

/** The same document, without a sign-in, of a service at this address. */
function movedTo(base: string, title: string, text: string): string {
  const { security: _, ...document } = Document.parse(JSON.parse(text));
  const components = { ...document.components, securitySchemes: {} };
  return JSON.stringify({ ...document, info: { ...document.info, title }, servers: [{ url: base }], components });
}

/** A house with both tools connected, and the shell of one conversation. */
async function shellAt(host: string, data: string) {
  const house = await openHouse(
    readSettings({ DATA_DIR: data, PORT: "0", PRACTICE_PORT: "0", ALLOW_PRIVATE_HOSTS: host }),
    () => undefined,
  );
  await house.begin();
  const scope = await house.people.owner();
  for (const name of names) {
    const integration = await house.builder.build(
      scope,
      { wish: `http://${host}/${name}.json` },
      { onStep: () => undefined },
    );
    if ("kind" in integration) throw new Error("the document was not found");
    const connection = await house.connections.connectWithSecrets(scope, {
      integrationId: integration.id,
      methodId: integration.auth.find(({ type }) => type === "none")?.id ?? "none",
      secrets: {},
      variables: {},
    });
    await house.prove(scope, connection.id);
  }
  const { id: conversationId } = await house.agent.conversations.create(scope, "bench");
  return {
    run: async (words: string[]) => {
      const command = words.map((word) => `'${word}'`).join(" ");
      const { exitCode, stderr } = await house.runs.shell(scope, { conversationId, command });
      if (exitCode !== 0) throw new Error(stderr);
    },
    close: () => house.close(),
  };
}

function alone(folder: string, argv: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["cli.ts", ...argv], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(complaint))));
  });
}
