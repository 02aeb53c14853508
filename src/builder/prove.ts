import type { ToolDescription, ToolOperation } from "../contract/tool.ts";
import type { Tried } from "./further-reads.ts";

export type Proof =
  /** `account` names who the service says is signed in, when the read was about oneself; `shape` tells what came, without data. */
  | { ok: true; operation: string; ms: number; shape: string; account?: string; tried?: Tried }
  | { ok: false; code: ProofFailure; message: string; status?: number; operation?: string; ms: number };

/** `nothing_to_try`: no read can be called without knowing more; `refused`: the credential; `not_permitted`: its rights. */
export type ProofFailure = "nothing_to_try" | "refused" | "not_permitted" | "unreachable" | "failed";

/** Runs one operation as the agent would, through the sandbox and the gateway. */
export type RunOperation = (argv: string[]) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

/**
 * Calls the service once, for real: the least demanding read of the tool, and a few more when the first is not for this
 * account. What proves the connection is the service's answer, never anybody's word.
 */
export async function prove(tool: ToolDescription, run: RunOperation): Promise<Proof> {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  const reads = harmlessReads(tool);
  if (reads.length === 0) {
    return {
      ok: false,
      code: "nothing_to_try",
      message: "No read can be tried without knowing more. The first command will tell.",
      ms: ms(),
    };
  }
  let last: Proof | undefined;
  let tries = 0;
  for (const operation of reads) {
    const result = await run([...operation.split(" "), "--limit", "1"]);
    if (result.exitCode === 0) {
      const account = aboutOneself.test(operation) ? accountIn(result.stdout) : undefined;
      return { ok: true, operation, ms: ms(), shape: shapeOf(result.stdout), ...(account ? { account } : {}) };
    }
    const failure = failureOf(result.stderr);
    // Nothing was sent: nobody is asked for a proof.
    if (failure.code === "asks_first") continue;
    tries += 1;
    const code: ProofFailure =
      result.exitCode === 3 || failure.status === 401
        ? "refused"
        : failure.status === 403
          ? "not_permitted"
          : failure.status === undefined || failure.status >= 500
            ? "unreachable"
            : "failed";
    last = {
      ok: false,
      code,
      operation,
      message: failure.message,
      ms: ms(),
      ...(failure.status === undefined ? {} : { status: failure.status }),
    };
    // Another read cannot help when the key is wrong or nobody answers.
    if (code === "refused" || code === "unreachable" || tries === mostTries) return last;
  }
  return (
    last ?? {
      ok: false,
      code: "nothing_to_try",
      message: "Every read asks first. The first command will tell.",
      ms: ms(),
    }
  );
}

/** Reads that need no input and cost nobody anything, the likeliest to work for any account first. */
export function harmlessReads(tool: ToolDescription): string[] {
  const weight = (name: string, operation: ToolOperation): number => {
    const words = `${name} ${pathOf(operation)}`;
    const self = aboutOneself.test(words) ? -20 : 0;
    const plain = /(^|[/ _-])(ping|version|status|health|info)([/ _-]|$)/i.test(words) ? -10 : 0;
    const list = /\b(list|all)\b/.test(name) ? -5 : 0;
    return self + plain + list + (risky.test(words) ? 10 : 0) + pathOf(operation).split("/").length;
  };
  return Object.entries(tool.operations)
    .filter(([name, operation]) => whyNot(name, operation) === undefined && !operation.deprecated)
    .filter(([, operation]) => !pathOf(operation).includes("{") && lacking(operation).length === 0)
    .map(([name, operation]) => ({ name, weight: weight(name, operation) }))
    .toSorted((a, b) => a.weight - b.weight || a.name.localeCompare(b.name))
    .map((one) => one.name);
}

/** Why the server does not try an operation, whatever it is given; undefined for a read that harms nobody. */
export function whyNot(name: string, operation: ToolOperation): string | undefined {
  if (operation.access !== "read") return "a write";
  if (operation.requests.length !== 1) return "several requests";
  const words = `${name} ${pathOf(operation)}`;
  if (costly.test(words)) return "the service measures or copies itself";
  const waits = Object.keys(operation.input ?? {}).some((input) => /^(timeout|wait|poll\w*|block)$/i.test(input));
  return waits || lasting.test(words) ? "waits for news" : undefined;
}

/** Inputs that are needed and have no usual value, beside those of the path. */
export function lacking({ input = {} }: ToolOperation): string[] {
  return Object.entries(input).flatMap(([typed, one]) =>
    one.required && one.default === undefined && one.in !== "path" ? [typed] : [],
  );
}

export const pathOf = ({ requests }: ToolOperation) => (requests[0] ?? "").split(" ")[1] ?? "";

const risky =
  /(admin|audit|billing|enterprise|webhook|report|export|oauth|token|session|socket|login|logout|events?\b|logs?\b)/i;
const costly =
  /(^|[/ _.-])(debug|pprof|cpu-?prof\w*|heap-?prof\w*|heap-?dump|thread-?dump|dump|backup|support-bundle)([/ _.-]|$)/i;
const lasting = /(^|[/ _-])(stream|subscribe|watch|listen|long-?poll|poll)([/ _-]|$)/i;
const mostTries = 4;
const aboutOneself = /(^|[/ _-])(me|self|whoami|current|viewer)([/ _-]|$)|(^|[/ ])(profile|account|user)([/ ]|$)/i;

/** What an answer looks like: kinds and counts of fields, none of their names, for a name may be data too. */
export function shapeOf(stdout: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return stdout.trim() === "" ? "nothing" : "text";
  }
  const one = (value: unknown): string => {
    if (value === null) return "nothing";
    if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list, each ${one(value[0])}`;
    if (typeof value !== "object") return `a ${typeof value}`;
    const count = Object.keys(value).length;
    return `an object of ${count} field${count === 1 ? "" : "s"}`;
  };
  return one(answer);
}

/** A name for the account out of an answer about oneself: a label to tell accounts apart, never an identity to trust. */
function accountIn(stdout: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  // Some wrap the person: `{data: {…}}`, `{user: {…}}`.
  for (const shell of ["", "data", "user", "me", "viewer", "account", "profile"]) {
    const person = shell === "" ? answer : fieldOf(answer, shell);
    for (const name of ["email", "login", "username", "user_name", "display_name", "full_name", "fullName", "name"]) {
      const text = fieldOf(person, name);
      if (typeof text === "string" && text.trim() !== "" && text.length <= 100) return text.trim();
    }
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

export function failureOf(stderr: string): { message: string; status?: number; code?: string } {
  try {
    const line: unknown = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
    if (typeof line === "object" && line !== null && "message" in line) {
      const status = "status" in line && typeof line.status === "number" ? line.status : undefined;
      const code = "code" in line && typeof line.code === "string" ? line.code : undefined;
      return {
        message: String(line.message).slice(0, 400),
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code }),
      };
    }
  } catch {
    // Not the kit's envelope: the text itself is all there is.
  }
  return { message: stderr.trim().slice(0, 400) || "The call failed without a word." };
}
