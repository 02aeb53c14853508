import { ORPCError } from "@orpc/client";
import { z } from "zod";
import { answerOf, isProblem } from "../../contract/problem.ts";
import { asStarted } from "./as-started.ts";
import { printable } from "./style.ts";

/** The exit codes of every command, the same as those of the generated tools. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, signIn: 3, refused: 4, service: 5 } as const;

/** A command that cannot go on: what to tell, and the exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Turns whatever went wrong into one sentence and an exit code. */
export function failureOf(error: unknown): { message: string; code: string; exitCode: number } {
  if (error instanceof CommandFailure) return { message: error.message, code: "command", exitCode: error.exitCode };
  if (isProblem(error)) return { ...answerOf(error), exitCode: exitCodeOf(error.code) };
  if (error instanceof ORPCError) return { message: error.message, code: error.code, exitCode: exitCodeOf(error.code) };
  const detail = error instanceof Error ? error.message : String(error);
  return { message: `Something broke: ${detail}`, code: "internal", exitCode: exitCodes.failed };
}

/** Whether the server went away before its answer was whole; `fetch` has no class of its own for that. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof TypeError && /^(?:fetch failed|terminated)$/.test(error.message);
}

/** Whether nobody listened any more, so that not a word was heard. */
export function isUnheard(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isConnectionLost(error) && cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

/** Tells of an option of `patchbay run` that was given to the tool, which knows none of that name, where it belongs. */
export function withPlaceOfOptions(stderr: string, slug: string): string {
  return stderr.replace(/^\{.*\}$/gm, (line) => {
    const failure = ToolFailure.safeParse(parsed(line));
    const option = failure.data && /^There is no input --(yes|account|stdin)\.$/.exec(failure.data.message)?.[1];
    if (option === undefined) return line;
    const value = option === "account" ? " LABEL" : "";
    const action = `--${option} is an option of patchbay and stands before the tool's name: ${asStarted(`patchbay run --${option}${value}`)} ${slug} …`;
    return JSON.stringify({ ...failure.data, action });
  });
}

/** What a tool says of its failures, a line of JSON each, as a person reads it: the sentence, then what to do. */
export function failuresAsText(stderr: string): string {
  return stderr.replace(/^\{.*\}$/gm, (line) => {
    const failure = ToolFailure.safeParse(parsed(line));
    if (!failure.success) return line;
    const { message, action } = failure.data;
    return printable(action && !message.includes(action) ? `${message}\n${action}` : message);
  });
}

const ToolFailure = z.looseObject({ ok: z.literal(false), message: z.string(), action: z.string().optional() });

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function exitCodeOf(code: string): number {
  if (/^(input_invalid|not_found|nothing_found|document_|base_url_missing|settings_)/.test(code)) {
    return exitCodes.usage;
  }
  if (/^(sign_in_|credential_|not_connected|oauth_)/.test(code)) return exitCodes.signIn;
  if (
    /^(write_|policy_|host_|address_|scheme_|redirect_|path_|request_refused|tool_refused|connection_paused)/.test(code)
  ) {
    return exitCodes.refused;
  }
  if (/^(service_|answer_|refresh_)/.test(code)) return exitCodes.service;
  return exitCodes.failed;
}
