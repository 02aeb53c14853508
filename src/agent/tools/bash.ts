import { z } from "zod";
import { shownSection } from "../../builder/docs/overview.ts";
import type { Section } from "../../builder/docs/sections.ts";
import { faultInWords } from "../../contract/fault.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import type { RawRequest, RequestLine } from "../../contract/request-line.ts";
import type { Scope } from "../../contract/scope.ts";
import type { MetFault } from "../../runs/notice-faults.ts";
import { longestOutput, preview } from "../preview.ts";
import { type AgentTool, agentTool, type Call, type ToolOutcome } from "./tool.ts";

export type CommandResult = {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** Which limit ended it, if one did. */
  cut?: string;
  truncated?: boolean;
  requests: RequestLine[];
  raw: RawRequest[];
  faults: MetFault[];
};

export type BashNeeds = {
  shell(
    call: Call,
    command: string,
    onOutput: (stream: "stdout" | "stderr", text: string) => void,
  ): Promise<CommandResult>;
  writeFile(call: Call, path: string, text: string): Promise<void>;
  /** The section of the docs an operation was written from; undefined where it came from no docs. */
  section(scope: Scope, fault: MetFault): Promise<Section | undefined>;
};

const Input = z.object({ command: z.string().min(1).max(100_000) });

/** Runs a command in the conversation's sandbox, where every connected integration is a command. */
export function bashTool(needs: BashNeeds): AgentTool {
  return agentTool({
    name: "bash",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: { command: { type: "string" } },
      required: ["command"],
      additionalProperties: false,
    },
    title: ({ command }) => titleOf(command),
    async run({ command }, call) {
      const tell = teller(call);
      const result = await needs.shell(call, command, tell.add);
      await tell.end();
      const outcome = await outcomeOf(needs, call, result);
      const offer = await mendingOffered(needs, call.scope, result.faults);
      return {
        ...outcome,
        shown: outcome.shown ?? outcome.content,
        content: outcome.content + offer,
        requests: result.raw,
      };
    },
  });
}

/** The first line, long quotes left out. */
function titleOf(command: string): string {
  const line = showHidden(command.split("\n")[0] ?? "");
  return line.replace(/'[^']{60,}'|"[^"]{60,}"/g, "'…'").slice(0, 120);
}

async function outcomeOf(needs: BashNeeds, call: Call, result: CommandResult): Promise<ToolOutcome> {
  const status = result.cut ? `cut: ${result.cut}` : `exit code ${result.exitCode}`;
  const whole = [result.stdout, result.stderr]
    .filter((text) => text !== "")
    .join("\n")
    .trimEnd();
  const isError = result.cut !== undefined || result.exitCode !== 0;
  const made = result.cut === undefined ? "" : `\n${requestsMade(result.requests)}`;
  const more = result.truncated ? "\nThe output was longer than is kept; its end is missing." : "";
  if (whole === "") {
    const content = `${status}${made}\n(no output)`;
    return { content, shown: content, isError, ...(result.cut ? { cut: true } : {}) };
  }
  const marks = { isError, ...(result.cut ? { cut: true } : {}) };
  if (whole.length <= longestOutput) {
    const content = `${status}${made}${more}\n${markAsData(whole, "bash")}`;
    return { content, shown: `${status}${made}\n${showHidden(whole)}`, ...marks };
  }
  const file = `results/${call.callId.replace(/\W/g, "").slice(-8)}.${/^\s*[[{]/.test(result.stdout) ? "json" : "txt"}`;
  await needs.writeFile(call, file, result.stdout || result.stderr);
  const part = showHidden(preview(whole, file));
  const shown = `${status}${made}${more}\n${part}`;
  return {
    content: `${status}${made}${more}\noutput kept in ${file}\n${markAsData(part, "bash")}`,
    shown,
    file,
    ...marks,
  };
}

/** What failed as if the service had changed, with the docs of it: the model may look for a newer version. */
async function mendingOffered(needs: BashNeeds, scope: Scope, faults: MetFault[]): Promise<string> {
  const parts: string[] = [];
  for (const fault of faults.slice(0, mostOffered)) {
    const section = await needs.section(scope, fault);
    const about = markAsData(
      `${fault.operation}: ${faultInWords(fault)}${section ? `\nDocs when the tool was written:\n${shownSection(section, mostOfSection)}` : ""}`,
      fault.slug,
    );
    parts.push(
      `\n[Patchbay] This may be a change at ${fault.slug}. If what you gave was right, call \`update\` with slug "${fault.slug}" to mend the tool; the person decides on what it would change.\n${about}`,
    );
  }
  return parts.join("");
}

const mostOffered = 2;
const mostOfSection = 2_500;

/** Tells a model what was already sent when a command did not come to its end. */
export function requestsMade(requests: RequestLine[]): string {
  if (requests.length === 0) return "No request had been sent, so no write was sent.";
  const lines = requests.slice(0, 50).map((one) => {
    const answer = one.status === null ? `${one.outcome}, answer unknown` : `status ${one.status}`;
    return `- ${one.access} ${one.operation ?? "(in no list)"}: ${one.method} ${one.host}${one.path}: ${answer}`;
  });
  const rest = requests.length > lines.length ? [`- and ${requests.length - lines.length} more`] : [];
  return [
    "Requests already sent (look whether a write happened before sending it again):",
    markAsData([...lines, ...rest].join("\n"), "requests"),
    ...(requests.some((one) => one.access === "write") ? [] : ["No write was sent."]),
  ].join("\n");
}

/** Passes output on while it comes, gathered a little and up to a limit; the result tells the rest. */
function teller(call: Call) {
  let waiting = new Map<"stdout" | "stderr", string>();
  let timer: NodeJS.Timeout | undefined;
  let told = 0;
  let telling: Promise<void> = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const bodies = [...waiting].map(([stream, text]) => ({
      type: "tool_output" as const,
      callId: call.callId,
      stream,
      text: showHidden(text),
    }));
    waiting = new Map();
    if (bodies.length > 0) telling = telling.then(() => call.emit(...bodies));
    // The error is met where the end is awaited.
    telling.catch(() => undefined);
    return telling;
  };
  return {
    add(stream: "stdout" | "stderr", text: string) {
      const room = mostTold - told;
      if (room <= 0 || text === "") return;
      told += text.length;
      waiting.set(stream, (waiting.get(stream) ?? "") + text.slice(0, room));
      timer ??= setTimeout(flush, gatherMs);
    },
    end: flush,
  };
}

const gatherMs = 150;
const mostTold = 32_000;
