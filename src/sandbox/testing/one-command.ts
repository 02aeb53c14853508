/** A server of its own, for tests that kill it: prints the id of the sandbox it made, then what its one command prints. */
import { Secret } from "../../contract/secret.ts";
import { e2bSandbox } from "../e2b.ts";
import { rememberedInMemory } from "./remembered.ts";

const [url = "", key = "", template = "", command = ""] = process.argv.slice(2);
const sandbox = e2bSandbox({
  apiKey: new Secret(key),
  apiUrl: url,
  sandboxUrl: url,
  template,
  installation: async () => "faults",
  gatewayAddress: () => undefined,
});
const remembered = rememberedInMemory();
const session = await sandbox.open({ id: crypto.randomUUID(), commands: () => [], remembered });
let isFirst = true;
await session.exec(command, {
  onOutput: async (_stream, text) => {
    const id = isFirst ? `${await remembered.get()}\n` : "";
    isFirst = false;
    process.stdout.write(id + text);
  },
});
