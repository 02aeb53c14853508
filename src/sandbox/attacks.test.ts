import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRuntime } from "./open-runtime.ts";
import { withoutTypes } from "./strip-types.ts";
import { type Call, type CallResult, type ProcessLimits, ToolProcess } from "./tool-process.ts";

// Each attack runs in a real tool process without the import check before it: the process itself has to hold.

const canary = "canary-b7c1e0";
let runtime: Awaited<ReturnType<typeof openRuntime>>;
let gateway: Server;
let elsewhere: Server;
let folder: string;
let limits: ProcessLimits;
let reachedElsewhere = 0;

beforeAll(async () => {
  runtime = await openRuntime();
  folder = await mkdtemp(join(tmpdir(), "patchbay-attack-"));
  await writeFile(join(folder, "secret.txt"), canary);
  await writeFile(join(folder, "secret.json"), JSON.stringify({ canary }));
  await writeFile(join(folder, "secret.ts"), `export const canary = "${canary}";`);
  await writeFile(join(folder, "broken.ts"), `${canary} is no code`);
  elsewhere = await listen(createServer((_request, response) => response.end(canary)));
  elsewhere.on("connection", () => (reachedElsewhere += 1));
  gateway = await listen(
    createServer((request, response) => {
      if (request.url === "/redirect") response.writeHead(302, { location: `http://127.0.0.1:${portOf(elsewhere)}/` });
      response.end("gateway");
    }),
  );
  const network = `127.0.0.1:${portOf(gateway)}`;
  limits = { heapMb: 64, memoryMb: 160, cpuSeconds: 30, timeMs: 20_000, outputBytes: 2_000_000, network };
});

afterAll(async () => {
  gateway.close();
  elsewhere.close();
  await runtime.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a whole module as a tool. */
async function attack(
  code: string,
  changes: Partial<ProcessLimits> = {},
  call: Partial<Call> = {},
): Promise<CallResult & { text: string }> {
  const tool = new ToolProcess(runtime, { ...limits, ...changes });
  if (!(await tool.ready)) throw new Error(tool.complaint);
  const refuse = () => Promise.reject(new Error("EACCES"));
  const files = { read: refuse, write: refuse };
  const result = await tool.call({
    argv: [],
    env: { GRANT: "grant-1" },
    stdin: new Uint8Array(),
    run: { code: withoutTypes(code) },
    files,
    ...call,
  });
  return { ...result, text: Buffer.from(result.stdout).toString() + result.stderr };
}

/** Evaluates each expression in a process of its own; gives those that came to a value, or let the canary out. */
async function succeeded(expressions: Record<string, string>): Promise<string[]> {
  const found: string[] = [];
  const waiting = Object.entries(expressions);
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, code] = next;
      const { text } = await attack(
        `const value = await (async () => (${code}))(); console.log("came to " + value); Deno.exit(0);`,
        { timeMs: 3000 },
      );
      if (text.includes("came to") || text.includes(canary)) found.push(`${name}: ${text}`);
    }
  };
  await Promise.all([work(), work(), work()]);
  return found;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe("reading files by import", () => {
  const secret = (name: string) => pathToFileURL(join(folder, name)).href;

  it.each<[string, () => string]>([
    ["a static import", () => `import { canary } from "${secret("secret.ts")}"; console.log(canary);`],
    [
      "a static JSON import",
      () => `import x from "${secret("secret.json")}" with { type: "json" }; console.log(x.canary);`,
    ],
    ["a static text import", () => `import x from "${secret("secret.txt")}" with { type: "text" }; console.log(x);`],
    [
      "a static bytes import",
      () => `import x from "${secret("secret.txt")}" with { type: "bytes" }; console.log(new TextDecoder().decode(x));`,
    ],
    [
      "a static text import of /etc/passwd",
      () => `import x from "file:///etc/passwd" with { type: "text" }; console.log(x, "${canary}");`,
    ],
    [
      "a static import of /proc/self/environ",
      () => `import x from "file:///proc/self/environ" with { type: "text" }; console.log(x, "${canary}");`,
    ],
    ["a static absolute path", () => `import { canary } from "${join(folder, "secret.ts")}"; console.log(canary);`],
    [
      "a static relative path",
      () => `import { canary } from "../../../../../..${join(folder, "secret.ts")}"; console.log(canary);`,
    ],
    [
      "a re-export",
      () =>
        `export * from "${secret("secret.ts")}"; import * as self from "${secret("secret.ts")}"; console.log(self.canary);`,
    ],
    ["a parse error that quotes the file", () => `import "${secret("broken.ts")}";`],
    ["a literal dynamic import", () => `console.log((await import("${secret("secret.ts")}")).canary);`],
    [
      "a literal dynamic JSON import",
      () => `console.log((await import("${secret("secret.json")}", { with: { type: "json" } })).default.canary);`,
    ],
    [
      "a literal dynamic text import",
      () => `console.log((await import("${secret("secret.txt")}", { with: { type: "text" } })).default);`,
    ],
    ["a computed dynamic import", () => `const at = "${secret("secret.ts")}"; console.log((await import(at)).canary);`],
    [
      "a data: module that imports the file",
      () =>
        `console.log((await import("data:text/javascript," + encodeURIComponent('export * from "${secret("secret.ts")}"'))).canary);`,
    ],
    [
      "a blob: module that imports the file",
      () =>
        `const u = URL.createObjectURL(new Blob(['export * from "${secret("secret.ts")}"'], { type: "text/javascript" })); console.log((await import(u)).canary);`,
    ],
    ["eval of an import", () => `console.log((await eval('import("${secret("secret.ts")}")')).canary);`],
    [
      "new Function of an import",
      () => `console.log((await new Function('return import("${secret("secret.ts")}")')()).canary);`,
    ],
    [
      "createRequire at the root",
      () =>
        `import { createRequire } from "node:module"; console.log(createRequire("file:///x.js")("${join(folder, "secret.json")}").canary);`,
    ],
    [
      "getBuiltinModule and createRequire",
      () =>
        `console.log(process.getBuiltinModule("module").createRequire("/x.js")("${join(folder, "secret.json")}").canary);`,
    ],
    ["a package name that points at a file", () => `import x from "npm:../${folder}/secret.ts"; console.log(x);`],
    [
      "node:vm with an import hook",
      () => `import vm from "node:vm"; console.log(await vm.runInThisContext('import("${secret("secret.ts")}")'));`,
    ],
    [
      "module.register",
      () =>
        `import { register } from "node:module"; register("${secret("secret.ts")}"); console.log((await import("${secret("secret.ts")}")).canary);`,
    ],
    ["WebAssembly source import", () => `import source x from "${secret("secret.ts")}"; console.log(x);`],
  ])("gains nothing by %s", async (_name, code) => {
    const { text, exitCode } = await attack(code());
    expect(text).not.toContain(canary);
    expect(exitCode).not.toBe(0);
  });

  it.each<[string, () => string]>([
    [
      "data: worker",
      () =>
        `new Worker("data:text/javascript," + encodeURIComponent('import { canary } from "${secret("secret.ts")}"; postMessage(canary)'), { type: "module" })`,
    ],
    [
      "blob: worker",
      () =>
        `new Worker(URL.createObjectURL(new Blob(['import { canary } from "${secret("secret.ts")}"; postMessage(canary)'], { type: "text/javascript" })), { type: "module" })`,
    ],
    [
      "blob: worker that asks for permission",
      () =>
        `new Worker(URL.createObjectURL(new Blob(['postMessage(Deno.readTextFileSync("${folder}/secret.txt"))'])), { type: "module", deno: { permissions: { read: true } } })`,
    ],
    ["file worker", () => `new Worker("${secret("secret.ts")}", { type: "module" })`],
    [
      "node worker from text",
      () =>
        `new NodeWorker('const { parentPort } = require("node:worker_threads"); parentPort.postMessage(require("${folder}/secret.json").canary)', { eval: true })`,
    ],
    ["node worker from a file", () => `new NodeWorker("${join(folder, "secret.ts")}")`],
  ])("gains nothing by a %s", async (_name, make) => {
    const { text } = await attack(`
      import { Worker as NodeWorker } from "node:worker_threads";
      await new Promise((resolve) => {
        setTimeout(resolve, 1500);
        const worker = ${make()};
        const tell = (event) => { console.log("said", event?.data ?? event?.message ?? event); resolve(); };
        if (worker.on) worker.on("message", tell).on("error", tell);
        else worker.onmessage = worker.onerror = (event) => { event.preventDefault?.(); tell(event); };
      });
      Deno.exit(0);
    `);
    expect(text).not.toContain(canary);
  });

  it("gains nothing by asking the runtime or Node's modules for a file", async () => {
    const path = JSON.stringify(join(folder, "secret.txt"));
    const found = await succeeded({
      readTextFile: `Deno.readTextFile(${path})`,
      open: `Deno.openSync(${path})`,
      readDir: `[...Deno.readDirSync(${JSON.stringify(folder)})].map((e) => e.name)`,
      stat: `Deno.statSync(${path})`,
      realPath: `Deno.realPathSync(".")`,
      node: `(await import("node:fs")).readFileSync(${path}, "utf8")`,
      nodeOpen: `(await import("node:fs/promises")).open("/proc/self/fd/0")`,
      fetchFile: `fetch("file://" + ${path}).then((r) => r.text())`,
      xhr: `fetch(new URL("file://" + ${path})).then((r) => r.text())`,
      environ: `Deno.readTextFile("/proc/self/environ")`,
      write: `Deno.writeTextFile(${JSON.stringify(join(folder, "written"))}, "x")`,
      temp: `Deno.makeTempDir()`,
      link: `Deno.linkSync(${path}, "/tmp/patchbay-link")`,
      sqlite: `new (await import("node:sqlite")).DatabaseSync(${JSON.stringify(join(folder, "db"))})`,
      chdir: `Deno.chdir("/")`,
      report: `process.report?.writeReport?.() || Promise.reject("nothing written")`,
      heapSnapshot: `(await import("node:v8")).writeHeapSnapshot(${JSON.stringify(join(folder, "heap"))})`,
      kv: `Deno.openKv(${JSON.stringify(join(folder, "kv"))})`,
      allow: `(async () => { const { state } = await Deno.permissions.request({ name: "read" }); if (state !== "granted") throw new Error(state); })()`,
    });
    expect(found).toEqual([]);
    expect(readdirSync(folder).toSorted()).toEqual(["broken.ts", "secret.json", "secret.ts", "secret.txt"]);
  });
});

describe("the environment", () => {
  it("is empty for whoever looks from outside, and shows the call's values alone from inside", async () => {
    let environment = "";
    const { text } = await attack(
      `import process from "node:process";
       console.log(JSON.stringify(process.env));
       try { console.log(JSON.stringify(Deno.env.toObject())); } catch (e) { console.log(e.name); }
       console.log("look");
       await new Promise((resolve) => setTimeout(resolve, 200));`,
      {},
      {
        onOutput: () => {
          for (const pid of toolProcesses()) environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        },
      },
    );
    expect(text.split("\n").slice(0, 2)).toEqual(['{"GRANT":"grant-1"}', "NotCapable"]);
    expect(environment.split("\0").filter((line) => line !== "" && !line.startsWith("PWD="))).toEqual([
      "DENO_DIR=/dev/null/none",
    ]);
  });

  it("cannot be changed, so HTTP_PROXY leads no request elsewhere", async () => {
    reachedElsewhere = 0;
    const proxy = `http://127.0.0.1:${portOf(elsewhere)}`;
    const { text } = await attack(`
      const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
      for (const name of names) {
        for (const set of [() => Deno.env.set(name, "${proxy}"), () => { process.env[name] = "${proxy}"; }, () => { process.env = { [name]: "${proxy}" }; }]) {
          try { set(); console.log("set " + name); } catch {}
        }
      }
      console.log(await (await fetch("http://127.0.0.1:${portOf(gateway)}/")).text());
      Deno.exit(0);
    `);
    expect(text).toBe("gateway\n");
    expect(reachedElsewhere).toBe(0);
  });
});

describe("the network", () => {
  it("is the gateway's address and no other", async () => {
    reachedElsewhere = 0;
    const here = portOf(gateway);
    const there = portOf(elsewhere);
    const found = await succeeded({
      otherPort: `fetch("http://127.0.0.1:${there}/").then((r) => r.text())`,
      localhost: `fetch("http://localhost:${here}/").then((r) => r.text())`,
      ipv6: `fetch("http://[::1]:${here}/").then((r) => r.text())`,
      mapped: `fetch("http://[::ffff:127.0.0.1]:${there}/").then((r) => r.text())`,
      anyAddress: `fetch("http://0.0.0.0:${there}/").then((r) => r.text())`,
      decimal: `fetch("http://2130706433:${there}/").then((r) => r.text())`,
      metadata: `fetch("http://169.254.169.254/latest/meta-data").then((r) => r.text())`,
      outside: `fetch("https://example.com/").then((r) => r.text())`,
      redirect: `fetch("http://127.0.0.1:${here}/redirect").then((r) => r.text())`,
      proxyClient: `fetch("http://127.0.0.1:${here}/", { client: Deno.createHttpClient({ proxy: { url: "http://127.0.0.1:${there}" } }) }).then((r) => r.text()).then((t) => { if (t === "gateway") throw new Error("not proxied"); return t; })`,
      unixClient: `fetch("http://127.0.0.1:${here}/", { client: Deno.createHttpClient({ proxy: { transport: "unix", path: "/var/run/docker.sock" } }) }).then((r) => r.text())`,
      connect: `Deno.connect({ hostname: "127.0.0.1", port: ${there} })`,
      connectUnix: `Deno.connect({ transport: "unix", path: "/var/run/docker.sock" })`,
      connectTls: `Deno.connectTls({ hostname: "example.com", port: 443 })`,
      listen: `Deno.listen({ port: 0 })`,
      listenHere: `Deno.listen({ hostname: "127.0.0.1", port: 0 })`,
      serve: `Deno.serve({ port: 0 }, () => new Response()).finished`,
      udp: `Deno.listenDatagram({ port: 0, transport: "udp" })`,
      nodeUdp: `new Promise((resolve, reject) => import("node:dgram").then((dgram) => { const s = dgram.createSocket("udp4"); s.on("error", reject); s.bind(0, () => resolve("bound")); }))`,
      resolve: `Deno.resolveDns("canary.example.com", "A")`,
      nodeDns: `(await import("node:dns/promises")).lookup("example.com")`,
      nodeResolve: `(await import("node:dns/promises")).resolve("example.com")`,
      nodeNet: `new Promise((resolve, reject) => import("node:net").then((net) => net.connect(${there}, "127.0.0.1", () => resolve("connected")).on("error", reject)))`,
      nodeListen: `new Promise((resolve, reject) => import("node:net").then((net) => net.createServer().on("error", reject).listen(0, () => resolve("listening"))))`,
      nodeHttp: `new Promise((resolve, reject) => import("node:http").then((http) => http.get("http://127.0.0.1:${there}/", resolve).on("error", reject)))`,
      nodeHttp2: `new Promise((resolve, reject) => import("node:http2").then((http2) => http2.connect("http://127.0.0.1:${there}").on("error", reject).on("connect", resolve)))`,
      socket: `new Promise((resolve, reject) => { const s = new WebSocket("ws://127.0.0.1:${there}/"); s.onopen = resolve; s.onerror = (e) => reject(new Error(e.message)); })`,
      events: `new Promise((resolve, reject) => { const s = new EventSource("http://127.0.0.1:${there}/"); s.onopen = resolve; s.onerror = () => reject(new Error("closed")); })`,
      remoteImport: `import("http://127.0.0.1:${there}/x.js")`,
      gatewayImport: `import("http://127.0.0.1:${here}/x.js")`,
      inspector: `(await import("node:inspector")).open(0)`,
    });
    expect(found).toEqual([]);
    expect(reachedElsewhere).toBe(0);
  });
});

describe("other processes and the machine", () => {
  it("are out of reach", async () => {
    const found = await succeeded({
      command: `new Deno.Command("id").outputSync()`,
      spawn: `new Deno.Command(Deno.execPath(), { args: ["--version"] }).spawn()`,
      nodeExec: `(await import("node:child_process")).execSync("id")`,
      nodeFork: `(await import("node:child_process")).fork("x.js")`,
      cluster: `(await import("node:cluster")).default.fork()`,
      kill: `Deno.kill(Deno.ppid, "SIGKILL")`,
      nodeKill: `process.kill(process.ppid, "SIGKILL")`,
      dlopen: `Deno.dlopen("libc.so.6", {})`,
      nodeDlopen: `process.dlopen({ exports: {} }, "/lib/x86_64-linux-gnu/libc.so.6")`,
      pointer: `Deno.UnsafePointer.create(1n)`,
      binding: `process.binding("spawn_sync").spawn({})`,
      hostname: `Deno.hostname()`,
      systemMemory: `Deno.systemMemoryInfo()`,
      interfaces: `Deno.networkInterfaces()`,
      loadavg: `Deno.loadavg()`,
      nodeOs: `(await import("node:os")).hostname()`,
      nodeUser: `(await import("node:os")).userInfo()`,
      uid: `Deno.uid()`,
      priority: `(await import("node:os")).setPriority(-20)`,
      install: `import("npm:left-pad")`,
      jsr: `import("jsr:@std/path")`,
    });
    expect(found).toEqual([]);
  });

  it("cannot be flooded with connections", async () => {
    let most = 0;
    const count = setInterval(() => gateway.getConnections((_error, open) => (most = Math.max(most, open))), 20);
    await attack(
      `const open = []; for (let i = 0; i < 400; i++) open.push(Deno.connect({ hostname: "127.0.0.1", port: ${portOf(gateway)} }).catch(() => {}));
       await Promise.all(open); await new Promise((resolve) => setTimeout(resolve, 200)); Deno.exit(0);`,
    );
    clearInterval(count);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(128);
  });

  it("keep nothing of one call for the next: localStorage, caches, channels", async () => {
    const keep = `
      try { localStorage.setItem("a", "${canary}"); } catch {}
      try { await (await caches.open("a")).put("http://x/", new Response("${canary}")); } catch {}
      const { Worker: NodeWorker } = await import("node:worker_threads");
      new NodeWorker('(async () => { await (await caches.open("a")).put("http://x/", new Response("${canary}")); })()', { eval: true }).on("error", () => {});
      await new Promise((resolve) => setTimeout(resolve, 300));
      Deno.exit(0);`;
    const look = `
      try { console.log(localStorage.getItem("a")); } catch {}
      try { console.log(await (await (await caches.open("a")).match("http://x/")).text()); } catch {}
      const { Worker: NodeWorker } = await import("node:worker_threads");
      new NodeWorker('const { parentPort } = require("node:worker_threads"); (async () => { parentPort.postMessage(await (await (await caches.open("a")).match("http://x/")).text()); })()', { eval: true })
        .on("message", (found) => console.log(found)).on("error", () => {});
      await new Promise((resolve) => setTimeout(resolve, 300));
      Deno.exit(0);`;
    await attack(keep);
    expect((await attack(look)).text).not.toContain(canary);
  });
});

describe("memory, time and output", () => {
  it.each([
    [
      "4 GB of typed arrays",
      `const all = []; for (let i = 0; i < 400; i++) all.push(new Uint8Array(10_000_000).fill(1)); console.log("got all");`,
    ],
    [
      "one array buffer that grows",
      `const b = new ArrayBuffer(1, { maxByteLength: 4_000_000_000 }); for (let n = 1; n < 400; n++) { b.resize(n * 10_000_000); new Uint8Array(b, (n - 1) * 10_000_000).fill(1); } console.log("got all");`,
    ],
    [
      "WebAssembly memory",
      `const m = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (let n = 1; n < 400; n++) { m.grow(160); new Uint8Array(m.buffer).fill(1); } console.log("got all");`,
    ],
    ["a heap of objects", `const all = []; for (;;) all.push({ n: all.length, text: "x" + all.length });`],
    [
      "a string that doubles",
      `let s = "x".repeat(1000); const all = []; for (;;) { all.push(s + all.length); all.push([...s]); }`,
    ],
    [
      "promises that fork",
      `function fork() { return Promise.all([Promise.resolve().then(fork), Promise.resolve().then(fork)]); } await fork();`,
    ],
  ])("end a tool that takes %s", async (_name, code) => {
    const { cut, exitCode, text } = await attack(`console.error("before"); ${code}`);
    expect({ cut, exitCode, text }).toEqual({ cut: "memory", exitCode: 137, text: "before\n" });
    expect(toolProcesses()).toEqual([]);
  });

  it.each([
    ["an endless loop", `for (;;);`],
    ["an endless chain of promises", `for (;;) await null;`],
    ["an endless regular expression", `/^(a+)+$/.test("a".repeat(60) + "!");`],
    ["a wait without end", `await new Promise((resolve) => setTimeout(resolve, 1e9));`],
    [
      "a handler that ignores SIGTERM",
      `for (const s of ["SIGTERM", "SIGINT", "SIGHUP", "SIGXCPU"]) try { Deno.addSignalListener(s, () => {}); } catch {} await new Promise((r) => setTimeout(r, 1e9));`,
    ],
    ["a wait on shared memory", `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`],
  ])("end a tool with %s when its time is over", async (_name, code) => {
    const { cut, exitCode } = await attack(code, { timeMs: 400 });
    expect({ cut, exitCode }).toEqual({ cut: "time", exitCode: 137 });
    expect(toolProcesses()).toEqual([]);
  });

  it("ends a loop by the kernel's own count of processor time when nobody else would", async () => {
    const { cut, exitCode } = await attack(`for (;;);`, { cpuSeconds: 1, timeMs: 60_000 });
    expect({ cut, exitCode }).toEqual({ cut: "time", exitCode: 137 });
  });

  it("ends a loop by processor time although the gateway waits for a person", async () => {
    const { cut } = await attack(`for (;;);`, { cpuSeconds: 1, timeMs: 100 }, { waiting: () => true });
    expect(cut).toBe("time");
  });

  it.each([
    ["console.log", `for (;;) console.log("x".repeat(10_000));`],
    ["console.error", `for (;;) console.error("x".repeat(10_000));`],
    ["raw writes", `const b = new Uint8Array(100_000); for (;;) Deno.stdout.writeSync(b);`],
    [
      "a message without end",
      `const b = new TextEncoder().encode("\\u001e" + "x".repeat(100_000)); Deno.stdout.writeSync(b); for (;;) Deno.stdout.writeSync(b.subarray(1));`,
    ],
    [
      "our own messages",
      `const b = new TextEncoder().encode("\\u001e" + JSON.stringify({ type: "out", data: "AAAA".repeat(9000) }) + "\\n"); for (;;) Deno.stdout.writeSync(b);`,
    ],
    [
      "our own messages that ask for files",
      `const b = new TextEncoder().encode("\\u001e" + JSON.stringify({ type: "read", id: 1, path: "x" }) + "\\n"); for (;;) Deno.stdout.writeSync(b);`,
    ],
  ])("end a tool that floods us by %s", async (_name, code) => {
    const { cut, exitCode } = await attack(code);
    expect({ cut, exitCode }).toEqual({ cut: "output", exitCode: 137 });
    expect(toolProcesses()).toEqual([]);
  });
});

describe("forged messages", () => {
  const forge = (...messages: unknown[]) =>
    `const say = (text) => Deno.stdout.writeSync(new TextEncoder().encode(text));
     ${messages.map((message) => `say("\\u001e" + ${JSON.stringify(typeof message === "string" ? message : JSON.stringify(message))} + "\\n");`).join("\n")}
     await new Promise((resolve) => setTimeout(resolve, 100));
     Deno.exit(0);`;

  it("are taken for output when they are no messages", async () => {
    const junk = [
      "{",
      "null",
      "[]",
      "7",
      '"out"',
      { type: "call" },
      { type: "out", data: 7 },
      { type: "exit", code: 0 },
      { type: "read", id: 1, path: {} },
    ];
    const { text, exitCode } = await attack(forge(...junk, { type: "ready" }));
    expect(exitCode).toBe(0);
    expect(text).toBe(
      junk.map((message) => (typeof message === "string" ? message : JSON.stringify(message))).join(""),
    );
  });

  it("get a tool no file that the command line does not name", async () => {
    const asked: string[] = [];
    const read = async (path: string) => {
      asked.push(path);
      throw new Error("EACCES");
    };
    const { text } = await attack(
      forge(
        { type: "read", id: 1, path: "/etc/passwd" },
        { type: "read", id: 1, path: { toString: 1 } },
        { type: "read" },
        { type: "write", id: 2, path: "/x", data: null },
      ),
      {},
      { files: { read, write: read } },
    );
    expect(asked.length).toBeGreaterThan(0);
    expect(text).not.toContain("root:");
  });
});

/** Processes that run our boot script now. */
function toolProcesses(): number[] {
  if (!existsSync("/proc")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(runtime.folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}
