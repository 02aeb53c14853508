import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { compiled } from "./testing.ts";
import { writeFolder } from "./write-folder.ts";

const run = promisify(execFile);

it("writes a folder that runs as it stands, with base URL and credential from the environment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "patchbay-folder-"));
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["x-key"]}`);
    response.setHeader("content-type", "application/json");
    response.end('{"id":1}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    const tool = await compiled(
      { "/boards/{id}": { get: { operationId: "getBoard" } } },
      {
        components: { securitySchemes: { k: { type: "apiKey", in: "header", name: "X-Key" } } },
        security: [{ k: [] }],
      },
    );
    const files = await writeFolder(tool, folder);
    expect(files.filter((path) => !path.includes("node_modules"))).toEqual([
      "cli.ts",
      "config.json",
      "instructions.md",
      "package.json",
    ]);
    expect(files.some((path) => path.includes("node_modules") && path.endsWith(".ts"))).toBe(false);
    const config: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    expect(config).toMatchObject({
      slug: "desk",
      permissions: { readOps: ["boards get"], writeOps: [] },
      environment: { DESK_API_KEY: expect.any(String), DESK_BASE_URL: expect.any(String) },
    });
    const env = { DESK_BASE_URL: `http://127.0.0.1:${port}/v1`, DESK_API_KEY: "k" };
    const { stdout } = await run(
      process.execPath,
      [join(folder, "cli.ts"), "call", "GET /boards/{id}", "--input", '{"path":{"id":"a b"}}'],
      { env, cwd: tmpdir() },
    );
    expect(stdout).toBe('{"id":1}\n');
    expect(seen).toEqual(["GET /v1/boards/a%20b k"]);
    await expect(run(process.execPath, [join(folder, "cli.ts"), "boards", "nothing"], { env })).rejects.toMatchObject({
      code: 2,
    });
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
