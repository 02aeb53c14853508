import type { Approval } from "../../contract/approval.ts";
import type { Api } from "../../contract/procedures.ts";
import { asStarted } from "./as-started.ts";
import { drawApproval } from "./approval-view.ts";
import {
  CommandFailure,
  exitCodes,
  failuresAsText,
  isConnectionLost,
  isUnheard,
  withPlaceOfOptions,
} from "./failure.ts";
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
  let step = "asked" as keyof typeof lost;
  try {
    return await watch(api, terminal, slug, words, options, (next) => (step = next));
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    throw new CommandFailure(lost[step === "sent" && isUnheard(error) ? "waits" : step], exitCodes.service);
  }
}

const lost = {
  asked:
    "The server ended before it answered. A write is sent only after a yes. Start it again with `npm start`, and see what was done with `patchbay activity`.",
  waits:
    "The server ended while this write waited for a yes, and heard none from here: unless somebody said yes on the page, nothing was sent. Start it again with `npm start`, then repeat the command.",
  sent: "The server ended after the yes, so the write may have been sent. Start it again with `npm start`, and look in `patchbay activity` and at the service before you repeat it.",
};

async function watch(
  api: Api,
  terminal: Terminal,
  slug: string,
  words: string[],
  options: RunOptions,
  onStep: (step: "waits" | "sent") => void,
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
      const { stdout } = next.value;
      const stderr = withPlaceOfOptions(next.value.stderr, slug);
      process.stdout.write(asShownOn(process.stdout, stdout));
      process.stderr.write(asShownOn(process.stderr, process.stderr.isTTY ? failuresAsText(stderr) : stderr));
      if (next.value.exitCode === exitCodes.signIn && process.stderr.isTTY)
        process.stderr.write(asStarted(`Sign in again: patchbay connect ${slug}\n`));
      return next.value.exitCode;
    }
    onStep("waits");
    const answer = await decide(terminal, next.value.approval, options.yes);
    if (answer) onStep("sent");
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
