import type { OperationDescription, ToolDefinition, ToolDescription } from "./definition.ts";

/** The operations as data, without their code: what `--describe` prints and the server keeps. */
export function describe(definition: ToolDefinition): ToolDescription {
  const { operations, ...rest } = definition;
  const hosts = new Set<string>();
  if (definition.baseUrl) hosts.add(hostOf(definition.baseUrl));
  const described: Record<string, OperationDescription> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const { run, request, requests, ...data } = operation;
    const full = (requests ?? (request === undefined ? [] : [request])).map((one) => {
      const path = one.slice(one.indexOf(" ") + 1);
      return operation.server && path.startsWith("/") ? one.replace(" ", () => ` ${operation.server}`) : one;
    });
    for (const one of full) {
      const address = one.slice(one.indexOf(" ") + 1);
      if (/^https?:/.test(address)) hosts.add(hostOf(address));
    }
    described[name] = { ...data, requests: full, ...(run ? { coded: true as const } : {}) };
  }
  return { ...rest, hosts: [...hosts], operations: described };
}

/** The host with its port, `{variables}` left as they are. */
function hostOf(address: string): string {
  return /^https?:\/\/([^/?#]+)/.exec(address)?.[1] ?? address;
}
