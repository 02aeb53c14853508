/** The difference of two texts in the unified form, three lines of context. Empty when they are the same. */
export function unifiedDiff(path: string, before: string | undefined, after: string): string {
  if (before === after) return "";
  const [old, next] = [linesOf(before ?? ""), linesOf(after)];
  const steps = compare(old, next);
  const hunks = gather(steps);
  const head = `--- ${before === undefined ? "/dev/null" : `a/${path}`}\n+++ b/${path}\n`;
  return head + hunks.map((hunk) => textOf(hunk)).join("");
}

type Step = { sign: " " | "-" | "+"; line: string; old: number; next: number };

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** Myers' shortest edit script; what begins and ends alike is taken off first. */
function compare(old: string[], next: string[]): Step[] {
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < next.length - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const kept = (from: number, to: number, shift: number): Step[] =>
    old.slice(from, to).map((line, at) => ({ sign: " ", line, old: from + at, next: from + at + shift }));
  const [a, b] = [old.slice(head, old.length - tail), next.slice(head, next.length - tail)];
  return [...kept(0, head, 0), ...edits(a, b, head), ...kept(old.length - tail, old.length, next.length - old.length)];
}

function edits(a: string[], b: string[], offset: number): Step[] {
  const reached: Map<number, number>[] = [];
  const furthest = new Map([[1, 0]]);
  // Past this many changes nobody reads line by line: everything old goes, everything new comes.
  const most = Math.min(a.length + b.length, 1500);
  for (let changes = 0; changes <= most; changes++) {
    reached.push(new Map(furthest));
    for (let k = -changes; k <= changes; k += 2) {
      const down = k === -changes || (k !== changes && (furthest.get(k - 1) ?? 0) < (furthest.get(k + 1) ?? 0));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, reached, offset);
    }
  }
  const gone = a.map((line, at): Step => ({ sign: "-", line, old: offset + at, next: offset }));
  const come = b.map((line, at): Step => ({ sign: "+", line, old: offset + a.length, next: offset + at }));
  return [...gone, ...come];
}

function walkBack(a: string[], b: string[], reached: Map<number, number>[], offset: number): Step[] {
  const steps: Step[] = [];
  let [x, y] = [a.length, b.length];
  const add = (sign: Step["sign"], line: string | undefined) =>
    steps.unshift({ sign, line: line ?? "", old: offset + x, next: offset + y });
  for (let changes = reached.length - 1; changes >= 0; changes--) {
    const furthest = reached[changes] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -changes || (k !== changes && (furthest.get(k - 1) ?? 0) < (furthest.get(k + 1) ?? 0));
    const fromK = down ? k + 1 : k - 1;
    const fromX = furthest.get(fromK) ?? 0;
    const fromY = fromX - fromK;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x--;
      y--;
      add(" ", a[x]);
    }
    if (changes === 0) break;
    if (down) {
      y--;
      add("+", b[y]);
    } else {
      x--;
      add("-", a[x]);
    }
  }
  return steps;
}

/** Changes with three unchanged lines around them; neighbours that touch are one hunk. */
function gather(steps: Step[]): Step[][] {
  const near = new Set<number>();
  for (const [at, { sign }] of steps.entries()) {
    if (sign !== " ") for (let one = at - 3; one <= at + 3; one++) near.add(one);
  }
  const hunks: Step[][] = [];
  for (const [at, step] of steps.entries()) {
    if (!near.has(at)) continue;
    if (!near.has(at - 1) || hunks.length === 0) hunks.push([]);
    hunks.at(-1)?.push(step);
  }
  return hunks;
}

function textOf(hunk: Step[]): string {
  const [old, next] = [hunk.filter(({ sign }) => sign !== "+"), hunk.filter(({ sign }) => sign !== "-")];
  const range = (lines: Step[], first: number) => (lines.length === 0 ? "0,0" : `${first + 1},${lines.length}`);
  const head = `@@ -${range(old, old[0]?.old ?? 0)} +${range(next, next[0]?.next ?? 0)} @@\n`;
  return head + hunk.map(({ sign, line }) => `${sign}${line}\n`).join("");
}
