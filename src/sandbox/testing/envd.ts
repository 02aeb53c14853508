import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { DescService, JsonObject } from "@bufbuild/protobuf";
import { fileDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import { file_google_protobuf_timestamp } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext, createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { z } from "zod";
import type { Machine, MachineProcess } from "./machine.ts";

/** What envd's services need to know of a sandbox. */
export type EnvdSandbox = {
  machine: Machine;
  envs: Record<string, string>;
  processes: Map<number, { child: MachineProcess; config: JsonObject }>;
  /** The command line of everything that was started, in order. */
  started: string[][];
};

const Start = z.object({
  process: z.object({
    cmd: z.string(),
    args: z.array(z.string()),
    envs: z.record(z.string(), z.string()),
    cwd: z.string().optional(),
  }),
  stdin: z.boolean().optional(),
});
const Selected = z.object({ process: z.object({ selector: z.object({ case: z.literal("pid"), value: z.number() }) }) });
const SendInput = Selected.extend({
  input: z.object({ input: z.object({ case: z.literal("stdin"), value: z.instanceof(Uint8Array) }) }),
});
const SendSignal = Selected.extend({ signal: z.number() });
const ListDir = z.object({ path: z.string(), depth: z.number() });

/**
 * envd's `process.Process` and `filesystem.Filesystem` as the SDK calls them, served by Connect's own library with the SDK's
 * own descriptors: what does not fit them is refused by that library, in either direction.
 */
export function envdHandlers(sandboxOf: (headers: Headers) => EnvdSandbox): UniversalHandler[] {
  const { process, filesystem } = descriptors();
  const router = createConnectRouter({ grpc: false, grpcWeb: false });
  const event = (value: object) => ({ event: { event: value } });
  const processOf = (sandbox: EnvdSandbox, request: unknown) => {
    const pid = Selected.parse(request).process.selector.value;
    const found = sandbox.processes.get(pid);
    if (!found) throw new ConnectError(`process with pid ${pid} not found`, Code.NotFound);
    return found.child;
  };

  router.service(process, {
    async *start(request: unknown, context: HandlerContext) {
      const sandbox = sandboxOf(context.requestHeader);
      const { process: config, stdin } = Start.parse(request);
      const { cmd, args, envs, cwd } = config;
      const user = userIn(context.requestHeader);
      const child = sandbox.machine.start({ cmd, args, cwd: cwd ?? "", user, envs: { ...sandbox.envs, ...envs } });
      sandbox.started.push([cmd, ...args]);
      const pid = child.pid ?? 0;
      if (!stdin) child.stdin.end();
      sandbox.processes.set(pid, { child, config: { cmd, args, envs: {} } });
      const events: object[] = [event({ case: "start", value: { pid } })];
      let wake: () => void = () => undefined;
      const push = (one: object) => {
        events.push(one);
        wake();
      };
      for (const stream of ["stdout", "stderr"] as const) {
        child[stream].on("data", (value: Uint8Array) =>
          push(event({ case: "data", value: { output: { case: stream, value } } })),
        );
      }
      let isOver = false;
      child.once("close", (code, signal) => {
        sandbox.processes.delete(pid);
        isOver = true;
        const status = signal === null ? `exit status ${code}` : `signal: ${signal}`;
        push(event({ case: "end", value: { exitCode: code ?? -1, exited: signal === null, status } }));
      });
      const every = Number(context.requestHeader.get("keepalive-ping-interval") ?? 90);
      const timer = setInterval(() => push(event({ case: "keepalive", value: {} })), every * 1000);
      context.signal.addEventListener("abort", () => wake());
      try {
        // A client that goes away leaves the process running, as envd does.
        for (;;) {
          for (let next = events.shift(); next; next = events.shift()) yield next;
          if (isOver || context.signal.aborted) return;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        clearInterval(timer);
      }
    },
    async sendInput(request: unknown, context: HandlerContext) {
      const child = processOf(sandboxOf(context.requestHeader), request);
      child.stdin.write(SendInput.parse(request).input.input.value);
      return {};
    },
    async sendSignal(request: unknown, context: HandlerContext) {
      const child = processOf(sandboxOf(context.requestHeader), request);
      child.kill(SendSignal.parse(request).signal === 9 ? "SIGKILL" : "SIGTERM"); // the process alone, as envd does
      return {};
    },
    async list(_request: unknown, context: HandlerContext) {
      const { processes } = sandboxOf(context.requestHeader);
      return { processes: [...processes].map(([pid, { config }]) => ({ pid, config })) };
    },
  } as never); // the types of a service are made by a generator that did not run here; the library checks the values

  const types = { file: 1, dir: 2, symlink: 3 };
  router.service(filesystem, {
    async listDir(request: unknown, context: HandlerContext) {
      const { path, depth } = ListDir.parse(request);
      const { machine } = sandboxOf(context.requestHeader);
      try {
        const entries = machine.list(path, depth).map(({ size, type, ...one }) => ({
          ...one,
          size: BigInt(size),
          type: types[type],
          owner: "user",
          group: "user",
          permissions: "-rw-r--r--",
          mode: 0o644,
        }));
        return { entries };
      } catch (error) {
        throw new ConnectError(error instanceof Error ? error.message : String(error), Code.NotFound);
      }
    },
  } as never);
  return router.handlers;
}

/** The user a request is made as: `Authorization: Basic base64("root:")`. */
export function userIn(headers: Headers): string {
  const [, encoded] = /^Basic (.+)$/.exec(headers.get("authorization") ?? "") ?? [];
  return encoded === undefined ? "user" : Buffer.from(encoded, "base64").toString().replace(/:$/, "");
}

/** The descriptors the SDK was generated with: it carries them, and exports them not. */
function descriptors(): { process: DescService; filesystem: DescService } {
  const sdk = readFileSync(createRequire(import.meta.url).resolve("e2b"), "utf8");
  const found = [...sdk.matchAll(/fileDesc\)\("([A-Za-z0-9+/]+)"|fileDesc\("([A-Za-z0-9+/]+)"/g)];
  const files = found.map(([, one, other]) => fileDesc(one ?? other ?? "", [file_google_protobuf_timestamp]));
  const serviceIn = (name: string) => {
    const file = files.find((one) => one.proto.package === name);
    if (!file) throw new Error(`the SDK carries no descriptor of ${name}`);
    return serviceDesc(file, 0);
  };
  return { process: serviceIn("process"), filesystem: serviceIn("filesystem") };
}
