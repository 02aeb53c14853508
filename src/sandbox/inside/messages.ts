import { z } from "zod";

/**
 * What the server and the program that runs a script inside an E2B sandbox say to each other, over that program's own
 * stdin and stdout and in the form of `wire.ts`. The script's output travels inside of it, so the script cannot forge any.
 */

const Refusal = z.object({ exitCode: z.number().int(), stderr: z.string() });

/** One call of a tool, allowed ahead or when it happens. */
export const Prepared = z.union([
  z.object({
    env: z.record(z.string(), z.string()),
    /** What Deno may reach: `host:port,host:port`. */
    network: z.string(),
    /** A person is asked before what it sends goes out. */
    asks: z.boolean().optional(),
  }),
  z.object({ refuse: Refusal }),
]);
export type Prepared = z.infer<typeof Prepared>;

/** What is to be run. Comes in the environment, or in a file when it is long. */
export const Order = z.object({
  script: z.string(),
  /** JavaScript of a generated file that is to describe itself, in place of a script. */
  describe: z.string().optional(),
  /** The commands that are connected; `version` is the hash of the file and its description. */
  tools: z.array(z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/), version: z.string() })),
  /** Calls that stand plainly in the script: each is good for one call with just these words. */
  prepared: z.array(z.object({ id: z.number(), name: z.string(), argv: z.array(z.string()), answer: Prepared })),
  maxOutputBytes: z.number(),
  callTimeoutMs: z.number(),
  memoryMb: z.number(),
  /** After this the script is ended even when the server is gone. */
  deadlineMs: z.number(),
});
export type Order = z.infer<typeof Order>;

export const FromRun = z.discriminatedUnion("type", [
  /** Nothing was started: these tools have to be written first. */
  z.object({ type: z.literal("stale"), names: z.array(z.string()) }),
  z.object({ type: z.literal("begun") }),
  z.object({ type: z.literal("out"), stream: z.enum(["stdout", "stderr"]), text: z.string() }),
  /** A call began; one that was prepared needs no answer. */
  z.object({
    type: z.literal("called"),
    id: z.number(),
    name: z.string(),
    argv: z.array(z.string()),
    operation: z.string(),
    isPrepared: z.boolean(),
  }),
  z.object({ type: z.literal("returned"), id: z.number() }),
  z.object({ type: z.literal("end"), exitCode: z.number(), stdoutBytes: z.number(), stderrBytes: z.number() }),
]);
export type FromRun = z.infer<typeof FromRun>;

export const ToRun = z.discriminatedUnion("type", [
  z.object({ type: z.literal("prepared"), id: z.number(), answer: Prepared }),
  /** The call has used up its time. */
  z.object({ type: z.literal("stop_call"), id: z.number() }),
  z.object({ type: z.literal("stop") }),
]);
export type ToRun = z.infer<typeof ToRun>;

/** Between a command of the shell (`tool.ts`) and the program that runs the script. Bytes are base64. */
export type FromTool =
  | { type: "call"; name: string; argv: string[]; cwd: string }
  | { type: "stdin"; data: string }
  | { type: "stdin_end" }
  | { type: "answer"; id: number; data?: string; error?: string };
export type ToTool =
  | { type: "want_stdin" }
  /** For whoever reads along, and never for what reads the output. */
  | { type: "notice"; text: string }
  | { type: "out"; stream: "stdout" | "stderr"; data: string }
  | { type: "read"; id: number; path: string; from: string }
  | { type: "write"; id: number; path: string; from: string; data: string; isNew: boolean }
  | { type: "exit"; exitCode: number };
