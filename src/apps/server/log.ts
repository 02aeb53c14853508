/** One line of the server's log. Facts only: no headers, bodies, query strings or raw causes. */
export type LogLine = {
  event: string;
  requestId?: string;
  tenantId?: string;
  [fact: string]: string | number | boolean | null | undefined;
};
export type Log = (line: LogLine) => void;

/**
 * JSON lines for machines; for a person at a terminal only what went wrong, in words.
 *
 * @param write receives whole lines, normally standard error.
 */
export function createLog(o: { human: boolean; write: (line: string) => void; now?: () => Date }): Log {
  return (line) => {
    if (o.human) {
      const status = Number(line["status"] ?? 0);
      if (line.event === "bug" || status >= 500) o.write(`! ${describe(line)}\n`);
      else if (line.event !== "request") o.write(`  ${describe(line)}\n`);
      return;
    }
    o.write(`${JSON.stringify({ at: (o.now?.() ?? new Date()).toISOString(), ...line })}\n`);
  };
}

function describe({ event, ...facts }: LogLine): string {
  const told = Object.entries(facts).filter(([, value]) => value !== undefined);
  return [event, ...told.map(([name, value]) => `${name}=${value}`)].join(" ").replaceAll(unshowable, escaped);
}

/** What a terminal obeys, or shows otherwise than it stands: a path that somebody asks for may hold it. */
const unshowable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const escaped = (character: string) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** What of a bug may be logged: its kind, its place in our code, and its message cut short. */
export function bugFacts(error: unknown): { error: string; where?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const where = /\n\s+at .*?((?:src|node_modules)\/[^\s)]+)/.exec(error.stack ?? "")?.[1];
  return { error: `${error.name}: ${error.message.split("\n")[0]?.slice(0, 200)}`, where };
}
