import { Bash, defineCommand } from "just-bash";
import { z } from "zod";
import { runTool } from "../../../e2b-template/kit/index.ts";
import { compile } from "../../builder/openapi/compile.ts";
import { type ConnectedService, lineOf } from "../../contract/connected-service.ts";
import { markAsData } from "../../contract/marked-data.ts";
import { type PracticeService, startPractice } from "../../practice/start.ts";
import type { ContentBlock, ModelMessage } from "../model.ts";
import { guidedModel } from "./guided.ts";

/** The practice service with its tool in a shell, and somebody to talk with: a conversation without server and database. */
export type Talk = {
  practice: PracticeService;
  /** Says something and carries out what the guided model calls, until it waits for the next word. */
  say(words: string): Promise<Turn>;
  commands: string[];
  /** What is connected from now on; each of them answers as the practice service does. */
  connected(services: ConnectedService[]): void;
  messages: ModelMessage[];
  close(): Promise<void>;
};

export type Turn = {
  text: string;
  choices: { question: string; labels: string[]; says: string[] } | undefined;
  commands: string[];
  calls: string[];
  charts: unknown[];
};

export async function openTalk(
  options: {
    services?: ConnectedService[];
    connect?: (input: unknown) => { content: string; endsTurn?: boolean };
  } = {},
): Promise<Talk> {
  const practice = await startPractice();
  const document = await (await fetch(practice.documentUrl)).text();
  const { tool } = await compile(document, { fetchedFrom: practice.documentUrl, slug: "practice", name: "Practice" });
  const toolCalled = (command: string) =>
    defineCommand(command, async (argv, { stdin }) => {
      let stdout = "";
      let stderr = "";
      const named = argv.indexOf("--account");
      const exitCode = await runTool(tool, {
        argv: named < 0 ? argv : argv.toSpliced(named, 2),
        env: { PRACTICE_X_BOARD_KEY: practice.keys.apiKey },
        stdin: async () => new TextEncoder().encode(String(stdin)),
        write(stream, data) {
          const text = typeof data === "string" ? data : new TextDecoder().decode(data);
          if (stream === "stdout") stdout += text;
          else stderr += text;
        },
        readFile: async () => new Uint8Array(),
        writeFile: async () => undefined,
        fetch,
      });
      return { stdout, stderr, exitCode };
    });
  let services = options.services ?? [practiceService];
  const shell = new Bash({
    cwd: "/home/user",
    customCommands: [...new Set(["practice", "kanban", ...services.map(({ slug }) => slug)])].map(toolCalled),
  });
  const messages: ModelMessage[] = [];
  const commands: string[] = [];
  const model = guidedModel();

  async function say(words: string): Promise<Turn> {
    messages.push({ role: "user", content: [{ type: "text", text: words }] });
    const turn: Turn = { text: "", choices: undefined, commands: [], calls: [], charts: [] };
    for (let step = 0; step < 30; step++) {
      const content: ContentBlock[] = [];
      for await (const event of model.stream({
        system: [{ text: services.map(lineOf).join("\n") }],
        messages: structuredClone(messages),
        tools: [],
        signal: new AbortController().signal,
      })) {
        if (event.type === "text") turn.text += event.text;
        if (event.type === "message") content.push(...event.content);
      }
      messages.push({ role: "assistant", content });
      const results: ContentBlock[] = [];
      let ended = true;
      for (const block of content) {
        if (block.type !== "tool_use") continue;
        turn.calls.push(block.name);
        const { content: told, endsTurn } = await carryOut(block.name, block.input, turn);
        if (!endsTurn) ended = false;
        results.push({ type: "tool_result", tool_use_id: block.id, content: told });
      }
      if (results.length > 0) messages.push({ role: "user", content: results });
      if (ended) return turn;
    }
    throw new Error(`no end after 30 steps: ${turn.commands.slice(-5).join(" ; ")}`);
  }

  async function carryOut(name: string, input: unknown, turn: Turn): Promise<{ content: string; endsTurn?: boolean }> {
    if (name === "choices") {
      const { question, choices } = Choices.parse(input);
      turn.choices = {
        question,
        labels: choices.map((one) => one.label),
        says: choices.map((one) => one.say ?? one.label),
      };
      return { content: "Shown.", endsTurn: true };
    }
    if (name === "chart") {
      turn.charts.push(input);
      return { content: "Drawn." };
    }
    if (name === "connect") return options.connect?.(input) ?? { content: "sign-in card shown", endsTurn: true };
    const { command } = z.object({ command: z.string() }).parse(input);
    turn.commands.push(command);
    commands.push(command);
    const { stdout, stderr, exitCode } = await shell.exec(command);
    const whole = [stdout, stderr].filter(Boolean).join("\n").trimEnd();
    if (whole.length <= 8_000)
      return { content: `exit code ${exitCode}\n${whole ? markAsData(whole, "bash") : "(no output)"}` };
    const file = `results/${commands.length}.json`;
    await shell.exec("mkdir -p results");
    await shell.fs.writeFile(`/home/user/${file}`, stdout);
    return { content: `exit code ${exitCode}\noutput kept in ${file}\n${markAsData(whole.slice(0, 1_000), "bash")}` };
  }

  const connected = (now: ConnectedService[]) => {
    services = now;
  };
  return { practice, say, commands, connected, messages, close: () => practice.close() };
}

const Choices = z.object({
  question: z.string(),
  choices: z.array(z.object({ label: z.string(), say: z.string().optional() })),
});

export const practiceService: ConnectedService = {
  slug: "practice",
  name: "Practice",
  reads: 15,
  writes: 16,
  accounts: [{ label: "Ana Alves", state: "connected" }],
};
