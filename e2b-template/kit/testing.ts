import type { ToolDefinition, ToolDescription } from "./definition.ts";
import { runTool } from "./index.ts";

export type Sent = { method: string; url: string; headers: Record<string, string>; body: string };
export type Scripted = { status?: number; headers?: Record<string, string>; body?: unknown };
export type Outcome = { code: number; stdout: string; stderr: string; sent: Sent[]; files: Record<string, string> };

/** Test support: runs a command line on a host in memory, against a service that gives these answers in turn. */
export async function runOn(
  tool: ToolDefinition | ToolDescription,
  argv: string[],
  given: { answers?: Scripted[]; env?: Record<string, string>; files?: Record<string, string>; stdin?: string } = {},
): Promise<Outcome> {
  const outcome: Outcome = { code: -1, stdout: "", stderr: "", sent: [], files: { ...given.files } };
  const answers = [...(given.answers ?? [])];
  const decoder = new TextDecoder();
  outcome.code = await runTool(tool, {
    argv,
    env: given.env ?? {},
    stdin: async () => new TextEncoder().encode(given.stdin ?? ""),
    write: (stream, data) => {
      outcome[stream] += typeof data === "string" ? data : decoder.decode(data);
    },
    readFile: async (path) => {
      const text = outcome.files[path];
      if (text === undefined) throw new Error(`no file ${path}`);
      return new TextEncoder().encode(text);
    },
    writeFile: async (path, data) => {
      outcome.files[path] = decoder.decode(data);
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = typeof input === "string" ? input : request.url;
      outcome.sent.push({
        method: request.method,
        url,
        headers: Object.fromEntries(request.headers),
        body: decoder.decode(await request.arrayBuffer()),
      });
      const { status = 200, headers = {}, body = { ok: true } } = answers.shift() ?? {};
      const text = body === null ? null : typeof body === "string" ? body : JSON.stringify(body);
      return new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
    },
  });
  return outcome;
}
