/**
 * A server of the agent in a process of its own, to be killed. `node server-process.ts FOLDER MODEL_URL SINK_URL`: opens the
 * database in the folder, takes up what was in flight, and then obeys lines on stdin. Its events go to stdout, one a line.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { Secret } from "../../contract/secret.ts";
import { RequestLine } from "../../contract/request-line.ts";
import { openDatabase } from "../../database/open.ts";
import { anthropicModel } from "../../llm/anthropic.ts";
import { openBench } from "./bench.ts";

const Kept = RequestLine.extend({ at: z.coerce.date() });
const [folder = "", modelUrl = "", sinkUrl = ""] = process.argv.slice(2);
const told = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const requestLog = join(folder, "requests.jsonl");

const database = await openDatabase({ dataDir: join(folder, "database") });
const [tenantId] = await database.tenants();
const personFile = join(folder, "person");
const scope = tenantId
  ? { tenantId, personId: readFileSync(personFile, "utf8") }
  : await database.createTenant("Test", { name: "Ann" });
if (!tenantId) appendFileSync(personFile, scope.personId);

const { agent } = await openBench({
  database,
  scope,
  serverId: `process-${process.pid}`,
  model: anthropicModel({ apiKey: new Secret("k"), baseUrl: modelUrl }),
  /** `send WORD` writes WORD down at the sink; `send WORD; hang` does not come back. */
  async shell(command) {
    const word = /^send (\w+)/.exec(command)?.[1] ?? "";
    const line = {
      operation: "words create",
      access: "write",
      method: "POST",
      host: "sink.example",
      path: `/${word}`,
      outcome: "sent",
    };
    appendFileSync(requestLog, `${JSON.stringify({ ...line, status: null, ms: null, at: new Date() })}\n`);
    await fetch(`${sinkUrl}/${word}`, { method: "POST" });
    if (command.endsWith("hang")) await new Promise(() => undefined);
    return { stdout: `sent ${word}\n` };
  },
  requests: () =>
    existsSync(requestLog)
      ? readFileSync(requestLog, "utf8")
          .trim()
          .split("\n")
          .map((line) => Kept.parse(JSON.parse(line)))
      : [],
});

await agent.resume();
told({ ready: true });

createInterface(process.stdin).on("line", (line) => {
  void obey(JSON.parse(line) as { do: string; id: string; text?: string });
});

async function obey(order: { do: string; id: string; text?: string }): Promise<void> {
  if (order.do === "create") return void told({ created: (await agent.conversations.create(scope)).id });
  if (order.do === "say") return void (await agent.say(scope, order.id, order.text ?? ""));
  for await (const event of agent.events(scope, order.id, { after: 0, signal: new AbortController().signal }))
    told({ event });
}
