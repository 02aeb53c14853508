import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Sandbox as Remote } from "e2b";
import { Secret } from "../../src/contract/secret.ts";
import { ToolDescription } from "../../src/contract/tool.ts";
import { e2bSandbox } from "../../src/sandbox/e2b.ts";
import { localSandbox } from "../../src/sandbox/local.ts";
import type { Sandbox, ToolCommand } from "../../src/sandbox/sandbox.ts";
import { openStandIn } from "../../src/sandbox/testing/e2b-stand-in.ts";
import { canRunMachines } from "../../src/sandbox/testing/machine.ts";
import { rememberedInMemory } from "../../src/sandbox/testing/remembered.ts";
import { median } from "./figures.ts";
import type { Bench, Row } from "./main.ts";

const rounds = 15;
const commands = {
  "echo hello": "echo hello",
  "a tool": "desk boards list",
  "a tool, jq, sort, a file": "desk boards list | jq -r '.[].name' | sort > names.txt; cat names.txt",
  "words only known as it runs": "N=2; desk boards list --limit $N",
};
const code = `import { tool } from "@patchbay/kit";
export default tool({ slug: "desk", operations: { "boards list": { access: "read", request: "GET /boards" } } });`;

/**
 * The same commands in both drivers, and what E2B's costs: requests to E2B for each command, and the time beyond what the SDK
 * itself takes for `bash -c true` in the same sandbox. The stand-in runs on this machine, so its times hold no network.
 */
export const bench: Bench = async () => {
  if (!canRunMachines) return { title: "Sandbox drivers", rows: [], notes: ["the stand-in for E2B cannot run here"] };
  const service = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end('[{"name":"House"},{"name":"Garden"}]');
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const address = { host: "127.0.0.1", port: (service.address() as AddressInfo).port };
  const standIn = await openStandIn();
  const connection = { apiKey: standIn.apiKey, apiUrl: standIn.url, sandboxUrl: standIn.url };
  const drivers: Record<string, Sandbox> = {
    local: localSandbox({ gatewayAddress: address }),
    E2B: e2bSandbox({
      ...connection,
      apiKey: new Secret(standIn.apiKey),
      template: standIn.template,
      installation: async () => "bench",
      gatewayAddress: () => address,
    }),
  };
  const rows: Row[] = [];
  try {
    for (const [driver, sandbox] of Object.entries(drivers)) {
      const described = await sandbox.describe(code);
      if (!described.ok) throw new Error(described.stderr);
      const desk: ToolCommand = {
        name: "desk",
        description: ToolDescription.parse(described.description),
        code,
        prepare: async () => ({
          env: { DESK_BASE_URL: `http://${address.host}:${address.port}`, PATCHBAY_GATEWAY: "http://unused" },
          finish: async () => undefined,
        }),
      };
      const remembered = rememberedInMemory();
      const session = await sandbox.open({ id: "bench", commands: () => [desk], remembered });
      await session.exec("desk boards list");
      const id = await remembered.get();
      const remote = id === undefined ? undefined : await Remote.connect(id, connection);
      const bare = remote ? await timed(() => remote.commands.run("true", { user: "root" })) : undefined;
      if (bare !== undefined) rows.push({ name: "E2B: the SDK alone, `true`", value: bare, unit: "ms" });
      for (const [name, command] of Object.entries(commands)) {
        const before = standIn.calls.length;
        const ms = await timed(async () => {
          const result = await session.exec(command);
          if (result.exitCode !== 0) throw new Error(result.stderr);
        });
        rows.push({ name: `${driver}: ${name}`, value: ms, unit: "ms" });
        if (driver !== "E2B") continue;
        const calls = (standIn.calls.length - before) / (rounds + 1);
        rows.push({ name: "  requests to E2B", value: calls, unit: "a command", aim: "1 when warm" });
        rows.push({ name: "  beyond the SDK's own time", value: ms - (bare ?? 0), unit: "ms" });
      }
      await session.end();
    }
  } finally {
    await Promise.all(Object.values(drivers).map((sandbox) => sandbox.close()));
    await standIn.close();
    service.closeAllConnections();
    service.close();
  }
  return { title: `Sandbox drivers (median of ${rounds})`, rows };
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return median(times);
}
