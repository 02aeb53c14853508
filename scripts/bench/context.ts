import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { readSettings } from "../../src/apps/env.ts";
import { startServer } from "../../src/apps/server/start.ts";
import { connectTo } from "../../src/apps/cli/client.ts";
import { follow } from "../../src/apps/cli/follow.ts";
import { lineOf } from "../../src/contract/connected-service.ts";
import { type Scripted, serveScriptedModel } from "../../src/llm/testing.ts";
import type { Bench } from "./main.ts";

/**
 * What a conversation costs a model, in o200k tokens (the count peers are measured with): the standing prompt, a connected
 * service, and all that is sent for "list my boards, move card X to Done" by a model that looks before it calls.
 */
export const bench: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  const commands = [
    `practice search "list boards"; practice search "move card"`,
    "practice boards list --fields id,name; practice search search --query tiles --fields type,id,name",
    "practice lists list brd_kitchen --fields id,name",
    "practice cards move crd_kitchen_tiles --list-id lst_kitchen_done",
  ];
  const model = await serveScriptedModel(({ turn }): Scripted => {
    const command = commands[turn - 1];
    return command
      ? { blocks: [{ type: "tool_use", name: "bash", input: { command } }] }
      : { blocks: [{ type: "text", text: "The card is in Done." }] };
  });
  const server = await startServer(
    readSettings({
      DATA_DIR: join(folder, "data"),
      PORT: "0",
      PRACTICE_PORT: "0",
      ANTHROPIC_API_KEY: "none",
      ANTHROPIC_BASE_URL: model.url,
    }),
    { page: false, anyPort: true, quiet: true },
  );
  try {
    const api = connectTo(server);
    const key = server.practice?.keys.apiKey ?? "";
    await api.integrations.create({ wish: "practice" });
    await api.connections.create({
      slug: "practice",
      methodId: "api_key",
      secrets: { x_board_key: key },
    });
    const { id } = await api.conversations.create({});
    await api.conversations.say({ id, text: "List my boards, move the card about tiles to Done." });
    const ended = new AbortController();
    for await (const { body } of follow(api, id, 0, ended.signal)) {
      if (body.type === "approval_asked") await api.approvals.answer({ id: body.approval.id, answer: "yes" });
      if (body.type === "tool_ended" && !body.ok) throw new Error(body.result);
      if (body.type === "turn_ended") break;
    }
    ended.abort();

    const [first] = model.requests;
    const sent = model.requests.map(({ body }) =>
      countTokens(JSON.stringify({ system: body.system, tools: body.tools, messages: body.messages })),
    );
    const standing = countTokens(JSON.stringify({ system: first?.body.system, tools: first?.body.tools }));
    const line = lineOf({
      slug: "practice",
      name: "Practice Boards",
      reads: 21,
      writes: 18,
      accounts: [{ label: "ana@practice.example", state: "connected" }],
    });
    return {
      title: "Context",
      rows: [
        { name: "standing prompt with all tool descriptions", value: standing, unit: "tokens", aim: "under 2,500" },
        {
          name: "each connected service until it is used",
          value: countTokens(line),
          unit: "tokens",
          aim: "at most 40",
        },
        {
          name: `"list my boards, move card X to Done": ${sent.length} requests`,
          value: sent.reduce((a, b) => a + b, 0),
          unit: "tokens",
        },
        { name: "of these in the last and longest request", value: sent.at(-1) ?? 0, unit: "tokens" },
      ],
    };
  } finally {
    await server.close();
    await model.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
