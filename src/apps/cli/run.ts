import type { Approval } from "../../contract/approval.ts";
import type { Api } from "../../contract/procedures.ts";
import { drawApproval } from "./approval-view.ts";
import { CommandFailure, exitCodes, failuresAsText } from "./failure.ts";
import { printable } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export type RunOptions = { yes: boolean; account?: string; stdin?: string };

/**
 * `patchbay run`: one operation, its output and its exit code. A write is shown in full first; it is sent only after a yes of
 * the person at the terminal, or with `--yes`.
 */
export async function run(
  api: Api,
  terminal: Terminal,
  slug: string,
  words: string[],
  options: RunOptions,
): Promise<number> {
  const watching = await api.runs.watch({
    slug,
    words,
    ...(options.account ? { account: options.account } : {}),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
  for (;;) {
    const next = await watching.next();
    if (next.done) {
      const { stdout, stderr } = next.value;
      process.stdout.write(asShownOn(process.stdout, stdout));
      process.stderr.write(asShownOn(process.stderr, process.stderr.isTTY ? failuresAsText(stderr) : stderr));
      if (next.value.exitCode === exitCodes.signIn && process.stderr.isTTY)
        process.stderr.write(`Sign in again: patchbay connect ${slug}\n`);
      return next.value.exitCode;
    }
    const answer = await decide(terminal, next.value.approval, options.yes);
    await api.approvals.answer({ id: next.value.approval.id, answer: answer ? "yes" : "no" });
    if (!answer && !terminal.interactive) {
      throw new CommandFailure(
        "This is a write, and there is no terminal to ask at. Look at it above and give --yes to send it.",
        exitCodes.refused,
      );
    }
  }
}

/** A file or another program gets it to the letter; a terminal would obey what a service wrote. */
export function asShownOn(stream: { isTTY?: boolean }, text: string): string {
  return stream.isTTY ? printable(text) : text;
}

async function decide(terminal: Terminal, approval: Approval, yes: boolean): Promise<boolean> {
  process.stderr.write(drawApproval(approval, { isAnswered: yes || !terminal.interactive }));
  if (yes) return true;
  return terminal.interactive && terminal.confirm("Send it?");
}
