import { randomBytes, randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { components } from "e2b";
import { z } from "zod";
import { layOutApp } from "../../../e2b-template/lay-out.ts";
import { denoBinary } from "../open-runtime.ts";
import { type EnvdSandbox, envdHandlers } from "./envd.ts";
import { startMachine } from "./machine.ts";

/**
 * Speaks E2B's control plane and envd's protocol as the SDK does, and runs commands in real processes of this machine. For
 * tests and for trying things out without an account: nothing here holds anybody back, it is no sandbox of its own. What it
 * does not do: filter a sandbox's network by host (only none or all), inject headers, and run the steps of a template build.
 */
export type StandIn = {
  url: string;
  apiKey: string;
  template: string;
  /** Every request, in order. */
  calls: { method: string; path: string; body: unknown }[];
  sandboxes: Map<string, StandInSandbox>;
  builds: Build[];
  /** Asked for each request first: an answer of its own, `cut` to break the connection, or nothing. */
  fault: ((call: { method: string; path: string }) => Fault | undefined) | undefined;
  /** Ends a sandbox as if its host had died: no goodbye, streams cut. */
  lose(sandboxId: string): void;
  close(): Promise<void>;
};
export type Fault = { status: number; message?: string; headers?: Record<string, string> } | "cut";
export type Build = {
  templateId: string;
  buildId: string;
  name: string;
  start?: Schemas["TemplateBuildStartV2"];
  files: number;
};

type Schemas = components["schemas"];
export type StandInSandbox = EnvdSandbox & {
  id: string;
  token: string;
  state: Schemas["SandboxState"];
  request: Schemas["NewSandboxV2"];
  network: Schemas["SandboxNetworkUpdateConfig"] | undefined;
  startedAt: Date;
  endAt: Date;
  timer: NodeJS.Timeout | undefined;
  sockets: Set<ServerResponse>;
};

const Rules = z.record(
  z.string(),
  z.array(
    z.strictObject({ transform: z.strictObject({ headers: z.record(z.string(), z.string()).optional() }).optional() }),
  ),
);
const Network = z.strictObject({
  allowOut: z.array(z.string()).optional(),
  // E2B takes no names here.
  denyOut: z.array(z.string().regex(/^[\d.]+(\/\d+)?$|^[\da-f:]+(\/\d+)?$/)).optional(),
  rules: Rules.optional(),
});
const NewSandbox: z.ZodType<Schemas["NewSandboxV2"]> = z.strictObject({
  templateID: z.string().min(1),
  metadata: z.record(z.string(), z.string()).optional(),
  envVars: z.record(z.string(), z.string()).optional(),
  timeout: z.int().min(0).optional(),
  allow_internet_access: z.boolean().optional(),
  network: Network.extend({ allowPublicTraffic: z.boolean().optional() }).optional(),
  autoPause: z.boolean().optional(),
  autoPauseMemory: z.boolean().optional(),
  autoResume: z.strictObject({ enabled: z.boolean() }).optional(),
});
const Timeout: z.ZodType<Schemas["SandboxTimeoutRequest"]> = z.strictObject({ timeout: z.int().min(0) });
const Connect: z.ZodType<Schemas["ConnectSandboxV2"]> = z.strictObject({
  timeout: z.int().min(0).optional(),
  memory: z.boolean().optional(),
});
const Pause: z.ZodType<Schemas["SandboxPauseRequest"]> = z.strictObject({ memory: z.boolean().optional() });
const NetworkUpdate: z.ZodType<Schemas["SandboxNetworkUpdateConfig"]> = Network.extend({
  allow_internet_access: z.boolean().optional(),
});
const NewTemplate: z.ZodType<Schemas["TemplateBuildRequestV3"]> = z.strictObject({
  name: z.string().min(1),
  tags: z.array(z.string()).optional(),
  cpuCount: z.int().optional(),
  memoryMB: z.int().optional(),
  minFreeDiskMb: z.int().optional(),
});
const StartBuild: z.ZodType<Schemas["TemplateBuildStartV2"]> = z.strictObject({
  fromImage: z.string().optional(),
  fromTemplate: z.string().optional(),
  startCmd: z.string().optional(),
  readyCmd: z.string().optional(),
  force: z.boolean().optional(),
  steps: z
    .array(
      z.strictObject({
        type: z.string(),
        args: z.array(z.string()).optional(),
        filesHash: z.string().optional(),
        force: z.boolean().optional(),
      }),
    )
    .optional(),
});

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function openStandIn(o: { port?: number; most?: number } = {}): Promise<StandIn> {
  const app = mkdtempSync(join(tmpdir(), "patchbay-stand-in-app-"));
  chmodSync(app, 0o755);
  await layOutApp(app);
  for (const name of ["node", "deno"]) writeFileSync(join(app, "bin", name), ""); // the programs are mounted on these
  const programs = { node: process.execPath, deno: denoBinary() };
  const templateId = "tpl0patchbay";

  const sandboxOf = (headers: Headers): StandInSandbox => {
    const sandbox = standIn.sandboxes.get(headers.get("e2b-sandbox-id") ?? "");
    if (sandbox?.state !== "running") throw new Refused(502, "The sandbox was not found");
    if (headers.get("x-access-token") !== sandbox.token) throw new Refused(401, "invalid access token");
    return sandbox;
  };
  const handlers = envdHandlers(sandboxOf);

  const end = (sandbox: StandInSandbox) => {
    clearTimeout(sandbox.timer);
    standIn.sandboxes.delete(sandbox.id);
    sandbox.machine.end();
    for (const socket of sandbox.sockets) socket.destroy();
  };
  const pause = (sandbox: StandInSandbox) => {
    clearTimeout(sandbox.timer);
    sandbox.state = "paused";
    sandbox.machine.freeze();
    for (const socket of sandbox.sockets) socket.destroy();
  };
  const lives = (sandbox: StandInSandbox, seconds: number) => {
    clearTimeout(sandbox.timer);
    sandbox.endAt = new Date(Date.now() + seconds * 1000);
    sandbox.timer = setTimeout(() => (sandbox.request.autoPause ? pause : end)(sandbox), seconds * 1000).unref();
  };
  const known = (id: string | undefined) => {
    const sandbox = standIn.sandboxes.get(id ?? "");
    if (!sandbox) throw new Refused(404, `Sandbox "${id}" doesn't exist or you don't have access to it`);
    return sandbox;
  };
  const shown = (sandbox: StandInSandbox): Schemas["Sandbox"] => ({
    clientID: "stand-in",
    envdVersion: "0.6.4",
    sandboxID: sandbox.id,
    templateID: templateId,
    envdAccessToken: sandbox.token,
    domain: null,
  });
  const listed = (sandbox: StandInSandbox): Schemas["ListedSandbox"] => ({
    clientID: "stand-in",
    cpuCount: 2,
    memoryMB: 512,
    diskSizeMB: 1024,
    envdVersion: "0.6.4",
    sandboxID: sandbox.id,
    templateID: templateId,
    startedAt: sandbox.startedAt.toISOString(),
    endAt: sandbox.endAt.toISOString(),
    state: sandbox.state,
    ...(sandbox.request.metadata ? { metadata: sandbox.request.metadata } : {}),
  });

  async function create(body: unknown): Promise<Schemas["Sandbox"]> {
    const request = parsed(NewSandbox, body);
    if (![standIn.template, templateId, `${standIn.template}:default`].includes(request.templateID))
      throw new Refused(404, `template '${request.templateID}' not found`);
    if (standIn.sandboxes.size >= (o.most ?? 100))
      throw new Refused(429, "you have reached the maximum number of concurrent sandboxes");
    const sandbox: StandInSandbox = {
      id: `i${randomBytes(9).toString("hex")}`,
      token: randomBytes(16).toString("hex"),
      state: "running",
      request,
      network: request.network,
      envs: request.envVars ?? {},
      processes: new Map(),
      started: [],
      startedAt: new Date(),
      endAt: new Date(),
      timer: undefined,
      sockets: new Set(),
      machine: await startMachine({ app, ...programs, network: request.allow_internet_access !== false }),
    };
    standIn.sandboxes.set(sandbox.id, sandbox);
    lives(sandbox, request.timeout ?? 300);
    return shown(sandbox);
  }

  function list(query: URLSearchParams): { items: Schemas["ListedSandbox"][]; next: string | undefined } {
    const wanted = [...new URLSearchParams(query.get("metadata") ?? "")];
    const states = query.get("state")?.split(",");
    const found = [...standIn.sandboxes.values()]
      .filter(({ state }) => !states || states.includes(state))
      .filter(({ request }) => wanted.every(([name, value]) => request.metadata?.[name] === decodeURIComponent(value)))
      .map(listed);
    const from = Number(query.get("nextToken") ?? 0);
    const limit = Number(query.get("limit") ?? 100);
    return {
      items: found.slice(from, from + limit),
      next: from + limit < found.length ? `${from + limit}` : undefined,
    };
  }

  async function control(request: IncomingMessage, response: ServerResponse, url: URL, body: unknown): Promise<void> {
    const json = (status: number, value?: unknown, headers: Record<string, string> = {}) =>
      value === undefined
        ? response.writeHead(status, { "content-length": "0" }).end()
        : response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
    if (url.pathname.startsWith("/uploads/") && request.method === "PUT") {
      for (const build of standIn.builds) build.files += 1;
      return void json(200);
    }
    if (request.headers["x-api-key"] !== standIn.apiKey) throw new Refused(401, "Invalid API key");
    const way = `${request.method} ${url.pathname}`;
    const [, id = "", rest = ""] = /^\/(?:v2\/)?sandboxes\/([^/]+)(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (way === "POST /v2/sandboxes") return void json(201, await create(body));
    if (way === "GET /v2/sandboxes") {
      const { items, next } = list(url.searchParams);
      return void json(200, items, next === undefined ? {} : { "x-next-token": next });
    }
    if (id !== "") {
      const sandbox = known(id);
      switch (`${request.method} ${rest}`) {
        case "GET ":
          return void json(200, { ...listed(sandbox), network: sandbox.network } satisfies Schemas["SandboxDetail"]);
        case "DELETE ":
          end(sandbox);
          return void json(204);
        case "POST timeout":
          if (sandbox.state !== "running") throw new Refused(404, "Sandbox is not running");
          lives(sandbox, parsed(Timeout, body).timeout);
          return void json(204);
        case "POST pause":
          parsed(Pause, body);
          if (sandbox.state === "paused") throw new Refused(409, "Sandbox is already paused");
          pause(sandbox);
          return void json(204);
        case "POST connect": {
          const { timeout = 300 } = parsed(Connect, body);
          const wasPaused = sandbox.state === "paused";
          sandbox.state = "running";
          if (wasPaused) sandbox.machine.thaw();
          if (wasPaused || sandbox.endAt.getTime() < Date.now() + timeout * 1000) lives(sandbox, timeout);
          return void json(wasPaused ? 201 : 200, shown(sandbox));
        }
        case "PUT network":
          sandbox.network = parsed(NetworkUpdate, body);
          return void json(204);
        default:
      }
    }
    if (way === "POST /v3/templates") {
      const { name = "", tags = [] } = parsed(NewTemplate, body);
      const build: Build = { templateId, buildId: randomUUID(), name, files: 0 };
      standIn.builds.push(build);
      const made: Schemas["TemplateRequestResponseV3"] = {
        aliases: [name],
        names: [name],
        buildID: build.buildId,
        templateID: templateId,
        public: false,
        tags,
      };
      return void json(202, made);
    }
    const [, hash] = /^\/templates\/[^/]+\/files\/(.+)$/.exec(url.pathname) ?? [];
    if (hash !== undefined && request.method === "GET") {
      const link: Schemas["TemplateBuildFileUpload"] = { present: false, url: `${standIn.url}/uploads/${hash}` };
      return void json(201, link);
    }
    const [, buildId, status] = /^\/(?:v2\/)?templates\/[^/]+\/builds\/([^/]+)(\/status)?$/.exec(url.pathname) ?? [];
    const build = standIn.builds.find((one) => one.buildId === buildId);
    if (build && status === undefined && request.method === "POST") {
      build.start = parsed(StartBuild, body);
      return void json(202);
    }
    if (build && request.method === "GET") {
      const info: Schemas["TemplateBuildInfo"] = {
        buildID: build.buildId,
        templateID: templateId,
        logEntries: [],
        logs: [],
        status: "ready",
      };
      return void json(200, info);
    }
    throw new Refused(404, `the stand-in does not know ${way}`);
  }

  async function files(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): Promise<void> {
    const { machine } = sandboxOf(headersOf(request));
    const user = url.searchParams.get("username") ?? "user";
    if (request.method === "GET") {
      let data: Uint8Array;
      try {
        data = machine.read(url.searchParams.get("path") ?? "");
      } catch (error) {
        throw new Refused(404, error instanceof Error ? error.message : String(error));
      }
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(data);
      return;
    }
    const form = await new Response(new Uint8Array(body), {
      headers: { "content-type": request.headers["content-type"] ?? "" },
    }).formData();
    const written = [];
    for (const part of form.getAll("file")) {
      if (typeof part === "string") throw new Refused(400, "a file is expected");
      const path = url.searchParams.get("path") ?? part.name;
      machine.write(path, new Uint8Array(await part.arrayBuffer()), user);
      written.push({ name: path.split("/").at(-1) ?? "", path, type: "file" });
    }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(written));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://stand-in");
    const call = { method: request.method ?? "", path: url.pathname, body: undefined as unknown };
    standIn.calls.push(call);
    const fault = standIn.fault?.(call);
    if (fault === "cut") return void request.socket.destroy();
    if (fault) {
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      return void response.end(
        JSON.stringify({ code: fault.status, message: fault.message ?? "a fault that was asked for" }),
      );
    }
    const handler = handlers.find((one) => one.requestPath === url.pathname);
    if (handler) {
      const sandbox = sandboxOf(headersOf(request));
      sandbox.sockets.add(response);
      const gone = new AbortController();
      response.once("close", () => {
        gone.abort();
        sandbox.sockets.delete(response);
      });
      const told = await handler({
        httpVersion: "1.1",
        url: `http://stand-in${request.url}`,
        method: request.method ?? "",
        header: headersOf(request),
        body: request,
        signal: gone.signal,
      });
      response.writeHead(told.status, Object.fromEntries(told.header ?? []));
      if (told.body)
        Readable.from(told.body)
          .on("error", () => response.destroy())
          .pipe(response);
      else response.end();
      return;
    }
    const body = await buffer(request);
    if (url.pathname === "/health") return void response.writeHead(sandboxOf(headersOf(request)) ? 204 : 502).end();
    if (url.pathname === "/files") return files(request, response, url, body);
    if (body.length > 0 && !url.pathname.startsWith("/uploads/")) call.body = JSON.parse(body.toString());
    await control(request, response, url, call.body ?? {});
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof Refused ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) return void response.destroy();
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ code: status, message }));
    });
  });
  await new Promise<void>((resolve) => server.listen(o.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const standIn: StandIn = {
    url: `http://127.0.0.1:${port}`,
    apiKey: `e2b_${randomBytes(20).toString("hex")}`,
    template: "patchbay",
    calls: [],
    sandboxes: new Map(),
    builds: [],
    fault: undefined,
    lose: (id) => end(known(id)),
    async close() {
      for (const sandbox of standIn.sandboxes.values()) end(sandbox);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(app, { recursive: true, force: true });
    },
  };
  return standIn;
}

function headersOf(request: IncomingMessage): Headers {
  return new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new Refused(400, z.prettifyError(result.error));
  return result.data;
}
