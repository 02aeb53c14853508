import type { OperationDescription, ToolDefinition, ToolDescription, WrittenOperation } from "./definition.ts";
import { withInputs } from "./inputs.ts";

/** The operations as data, without their code: what `--describe` prints and the server keeps. */
export function describe(definition: ToolDefinition): ToolDescription {
  const { operations, inputs: _, ...rest } = definition;
  const hosts = new Set<string>();
  if (definition.baseUrl) hosts.add(hostOf(definition.baseUrl));
  const described: Record<string, OperationDescription> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const one = describeOperation(definition, operation);
    for (const request of one.requests) {
      const address = request.slice(request.indexOf(" ") + 1);
      if (/^https?:/.test(address)) hosts.add(hostOf(address));
    }
    described[name] = one;
  }
  return { ...rest, hosts: [...hosts], operations: described };
}

function describeOperation(tool: ToolDefinition, operation: WrittenOperation): OperationDescription {
  const { run, request, requests, ...data } = withInputs(tool, operation);
  const full = (requests ?? (request === undefined ? [] : [request])).map((one) => {
    const path = one.slice(one.indexOf(" ") + 1);
    return operation.server && path.startsWith("/") ? one.replace(" ", () => ` ${operation.server}`) : one;
  });
  return { ...data, requests: full, ...(run ? { coded: true as const } : {}) };
}

/** The host with its port, `{variables}` left as they are. */
function hostOf(address: string): string {
  return /^https?:\/\/([^/?#]+)/.exec(address)?.[1] ?? address;
}
