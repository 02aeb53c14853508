import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";

/** Ctrl-C at a question. */
export class Interrupted extends Error {}
/** The input ended (Ctrl-D, a closed pipe). */
export class InputEnded extends Error {}

export type Terminal = {
  /** Whether somebody sits there who can answer. */
  interactive: boolean;
  write(text: string): void;
  /** Asks for a line. @throws Interrupted, InputEnded */
  ask(question: string, options?: { history?: boolean; signal?: AbortSignal }): Promise<string>;
  /** Asks without showing what is typed. */
  askHidden(question: string): Promise<string>;
  /** A numbered choice; returns its index. */
  choose(question: string, options: string[]): Promise<number>;
  /** Yes only for `y` or `yes`. */
  confirm(question: string): Promise<boolean>;
  history: string[];
};

/** The person's terminal. Questions go to standard error, so that a piped result stays clean. */
export function openTerminal(o: { history?: string[] } = {}): Terminal {
  const interactive = Boolean(process.stdin.isTTY && process.stderr.isTTY);
  const history = o.history ?? [];

  let piped: AsyncIterator<string> | undefined;
  async function pipedLine(): Promise<string> {
    piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const next = await piped.next();
    if (next.done) throw new InputEnded();
    return next.value;
  }

  async function line(
    question: string,
    { hidden = false, remember = false, signal }: { hidden?: boolean; remember?: boolean; signal?: AbortSignal },
  ): Promise<string> {
    if (!interactive) return pipedLine();
    if (hidden) process.stderr.write(question);
    const reader = createInterface({
      input: process.stdin,
      output: hidden ? nowhere() : process.stderr,
      terminal: true,
      history: remember ? [...history] : [],
      historySize: remember ? 500 : 0,
    });
    try {
      const answer = await answerOf(reader, hidden ? "" : question, signal);
      if (remember && answer.trim() && history[0] !== answer) history.unshift(answer);
      return answer;
    } finally {
      reader.close();
      if (hidden) process.stderr.write("\n");
    }
  }

  const terminal: Terminal = {
    interactive,
    history,
    write: (text) => void process.stdout.write(text),
    ask: (question, options) => line(question, { remember: options?.history, signal: options?.signal }),
    askHidden: (question) => line(question, { hidden: true }),
    async choose(question, options) {
      for (const [index, option] of options.entries()) process.stderr.write(`  ${index + 1}  ${option}\n`);
      for (;;) {
        const number = Number((await line(`${question} [1-${options.length}] `, {})).trim() || "1");
        if (Number.isInteger(number) && number >= 1 && number <= options.length) return number - 1;
        process.stderr.write(`Type a number from 1 to ${options.length}.\n`);
      }
    },
    confirm: async (question) => /^y(es)?$/i.test((await line(`${question} [y/N] `, {})).trim()),
  };
  return terminal;
}

function answerOf(reader: Interface, question: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    reader.on("SIGINT", () => reject(new Interrupted()));
    reader.on("close", () => reject(new InputEnded()));
    signal?.addEventListener("abort", () => reject(new Interrupted()), { once: true });
    reader.question(question, resolve);
  });
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
