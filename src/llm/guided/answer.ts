import { markedData, showHidden } from "../../contract/marked-data.ts";
import type { ToolResult } from "../model.ts";
import type { Memory } from "./memory.ts";

/** What the guided model does next: words, calls, and what it must remember. */
export type Answer = { text: string; calls: { name: string; input: Record<string, unknown> }[]; memory: Memory };

export function say(text: string, memory: Memory = { step: "idle" }): Answer {
  return { text, calls: [], memory };
}

/** Runs commands, one call each. */
export function run(commands: string[], memory: Memory, text = ""): Answer {
  return { text, calls: commands.map((command) => ({ name: "bash", input: { command } })), memory };
}

/** A label as the button shows it. */
export const shownLabel = (label: string) => showHidden(label.trim()).slice(0, 120).trim();

export type Choice = { label: string; hint?: string; say?: string };

export function choose(question: string, choices: Choice[], memory: Memory, text = ""): Answer {
  return { text, calls: [{ name: "choices", input: { question, choices } }], memory };
}

/** What came of a command. */
export type Outcome = {
  exitCode: number | undefined;
  output: string;
  /** Where the whole output is, when only its beginning was handed over. */
  file: string | undefined;
  /** The service's or the kit's own words about a failure. */
  failure: Failed | undefined;
  /** The result as it stood, without the marks. */
  plain: string;
};

/** `before`: what was printed ahead of the line of JSON that names the failure. */
type Failed = { code?: string; message: string; action?: string; retryable?: boolean; before?: string };

export function outcomeOf(result: ToolResult): Outcome {
  const { content } = result;
  const [output = ""] = markedData(content).slice(-1);
  const head = content.split("\n")[0] ?? "";
  const exitCode = /^exit code (\d+)/.exec(head)?.[1];
  const ours = content.replace(/<(data-[0-9a-f]{12}) from="[^"\n]*">\n[\s\S]*?\n<\/\1>/g, "");
  const plain = content.replace(/<\/?data-[0-9a-f]{12}[^>]*>\n?/g, "").trim();
  return {
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
    output,
    file: /^output kept in (\S+)$/m.exec(ours)?.[1],
    failure: exitCode === "0" ? undefined : failureIn(output === "" ? plain : output),
    plain,
  };
}

/** The last line of JSON that names a failure, else the last line of words. */
function failureIn(output: string): Failed {
  const lines = output.trim().split("\n").toReversed();
  for (const [behind, line] of lines.entries()) {
    if (!line.startsWith("{")) continue;
    try {
      const said: unknown = JSON.parse(line);
      if (typeof said !== "object" || said === null || !("message" in said)) continue;
      const { code, message, action, retryable } = said as Record<string, unknown>;
      return {
        message: String(message),
        ...(typeof code === "string" ? { code } : {}),
        ...(typeof action === "string" ? { action } : {}),
        ...(retryable === true ? { retryable } : {}),
        ...(behind === 0
          ? {
              before: lines.slice(1).toReversed().join("\n"),
            }
          : {}),
      };
    } catch {
      continue;
    }
  }
  return { message: lines.find((line) => line.trim() !== "") ?? "It failed without a word." };
}
