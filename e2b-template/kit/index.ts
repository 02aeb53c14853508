import type { AnyTool, ToolDefinition } from "./definition.ts";
import { Failure, exit } from "./failure.ts";
import { type Host, takeEmbedding } from "./host.ts";
import { exitWith, machine } from "./machine.ts";
import { operationOf } from "./inputs.ts";
import { route } from "./route.ts";
import { runOperation } from "./run.ts";

export { describe } from "./describe.ts";
export { embed, type Host } from "./host.ts";
export { route, sliceOf, type Route, unmarked } from "./route.ts";
export { search } from "./search.ts";
export { operationOf, pathParameters, slots } from "./inputs.ts";
export type * from "./definition.ts";

export type Tool = { readonly definition: ToolDefinition };

/**
 * Makes a command line of a table of operations and runs it: inside an embedding on the host given there, else on this
 * machine, with the arguments and the environment of the process.
 */
export function tool(definition: ToolDefinition): Tool {
  const embedding = takeEmbedding();
  if (embedding) embedding.started(runTool(definition, embedding.host));
  else void machine().then(async (host) => exitWith(await runTool(definition, host)));
  return { definition };
}

/** The operations of a large table as text: the members of a JSON object, one operation in a few lines. */
export function table(text: string): ToolDefinition["operations"] {
  // The check reads every operation as any stranger's data before it is used.
  return JSON.parse(`{${text.trim().replace(/,$/, "")}}`) as ToolDefinition["operations"];
}

/** Runs one command line on a host. Takes a stored description as well, as far as its operation needs no code. */
export async function runTool(definition: AnyTool, host: Host): Promise<number> {
  try {
    const way = route(definition, host.argv);
    if (way.kind !== "call") {
      if (way.stdout) await host.write("stdout", way.stdout);
      if (way.stderr) await host.write("stderr", way.stderr);
      return way.exitCode;
    }
    const operation = operationOf(definition, way.operation) ?? { access: "write" as const };
    if (way.needsCode && !("run" in operation))
      throw new Failure("code_missing", "This operation needs the tool's own file.", exit.usage);
    await runOperation(definition, way.operation, operation, way.rest, way.exact && !way.needsCode, host);
    return exit.ok;
  } catch (error) {
    const failure = error instanceof Failure ? error : broken(error);
    await host.write("stderr", String(failure));
    return failure.exitCode;
  }
}

function broken(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return new Failure("tool_failed", `The tool itself failed: ${message.slice(0, 500)}`, exit.service);
}
