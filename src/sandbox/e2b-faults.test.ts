import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { type E2bSandboxOptions, type E2bSandbox, e2bSandbox } from "./e2b.ts";
import type { RememberedSandbox, ToolCommand } from "./sandbox.ts";
import { type StandIn, openStandIn } from "./testing/e2b-stand-in.ts";
import { canIsolate, canRunMachines } from "./testing/machine.ts";
import { rememberedInMemory } from "./testing/remembered.ts";

describe.skipIf(!canRunMachines)("E2B", () => {
  let standIn: StandIn;
  const servers: E2bSandbox[] = [];
  const log: string[] = [];
  beforeAll(async () => {
    standIn = await openStandIn();
  });
  afterEach(async () => {
    standIn.fault = undefined;
    await Promise.all(servers.splice(0).map((server) => server.close()));
    for (const id of standIn.sandboxes.keys()) standIn.lose(id);
  });
  afterAll(async () => {
    await standIn.close();
  });

  const server = (changes: Partial<E2bSandboxOptions> = {}) => {
    const made = e2bSandbox({
      apiKey: new Secret(standIn.apiKey),
      apiUrl: standIn.url,
      sandboxUrl: standIn.url,
      template: standIn.template,
      installation: async () => "faults",
      gatewayAddress: () => ({ host: "patchbay.example", port: 443 }),
      log: (line) => log.push(line),
      ...changes,
    });
    servers.push(made);
    return made;
  };
  const conversation = (
    o: { on?: E2bSandbox; id?: string; remembered?: RememberedSandbox; commands?: ToolCommand[] } = {},
  ) =>
    (o.on ?? server()).open({
      id: o.id ?? crypto.randomUUID(),
      commands: () => o.commands ?? [],
      remembered: o.remembered ?? rememberedInMemory(),
    });
  const callsTo = (path: RegExp) => standIn.calls.filter((call) => path.test(`${call.method} ${call.path}`)).length;
  const until = async (isSo: () => boolean) => {
    for (let tries = 0; !isSo(); tries += 1) {
      if (tries > 400) throw new Error("it did not come to that");
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };

  /** A tool with code of its own, which prints a word. */
  const showing = (
    word: string,
    prepare: ToolCommand["prepare"] = async () => ({ env: {}, finish: async () => undefined }),
  ): ToolCommand => ({
    name: "desk",
    description: {
      slug: "desk",
      hosts: [],
      operations: { "env show": { access: "read", requests: [], coded: true } },
    },
    code: `import { tool } from "@patchbay/kit";
      tool({ slug: "desk", operations: { "env show": { access: "read", requests: [], run: async () => "${word}" } } });`,
    prepare,
  });

  describe("that does not give a sandbox", () => {
    it("says so when the key is not accepted, and does not show it", async () => {
      const session = await conversation({ on: server({ apiKey: new Secret("e2b_canary31") }) });
      const failed = session.exec("true");
      await expect(failed).rejects.toMatchObject({ code: "sandbox_unavailable" });
      await expect(failed).rejects.toThrow(/does not accept the key.*E2B_API_KEY/);
      await expect(failed).rejects.not.toThrow(/canary31/);
    });

    it("says so when the limit of the account is reached", async () => {
      standIn.fault = ({ path }) => (path === "/v2/sandboxes" ? { status: 429 } : undefined);
      await expect((await conversation()).exec("true")).rejects.toThrow(/limit for this account.*Wait a minute/);
    });

    it("says how to build a template that is missing", async () => {
      const session = await conversation({ on: server({ template: "nobody-built-it" }) });
      await expect(session.exec("true")).rejects.toThrow(/no template "nobody-built-it".*npm run template/);
    });

    it("says so when the region is down or the network is", async () => {
      const session = await conversation({ on: server({ apiUrl: "http://127.0.0.1:64997" }) });
      await expect(session.exec("true")).rejects.toThrow(/cannot be reached. Try again/);
    });

    it("is asked once more after a failure that passes, and no more than that", async () => {
      let failures = 1;
      standIn.fault = ({ method, path }) =>
        method === "POST" && path === "/v2/sandboxes" && failures-- > 0 ? { status: 500 } : undefined;
      expect(await (await conversation()).exec("echo fine")).toMatchObject({ stdout: "fine\n" });
      failures = 9;
      const before = callsTo(/^POST \/v2\/sandboxes$/);
      await expect((await conversation()).exec("true")).rejects.toThrow(/has trouble at the moment/);
      expect(callsTo(/^POST \/v2\/sandboxes$/) - before).toBe(2);
    });
  });

  it("runs a command with one request once the conversation has its sandbox", async () => {
    const session = await conversation();
    await session.exec("true");
    const before = standIn.calls.length;
    expect(await session.exec("echo one | tr a-z A-Z; echo two >&2; exit 3")).toMatchObject({
      stdout: "ONE\n",
      stderr: "two\n",
      exitCode: 3,
    });
    expect(standIn.calls.slice(before).map(({ path }) => path)).toEqual(["/process.Process/Start"]);
  });

  it("lets nothing of a script into the line of shell it sends", async () => {
    const remembered = rememberedInMemory();
    const session = await conversation({ remembered });
    const script = `echo "it's $(printf '%s' '\`x\`')"; # '; "; \${IFS}`;
    expect(await session.exec(script)).toMatchObject({ stdout: "it's `x`\n", exitCode: 0 });
    const long = `# ${"x".repeat(300_000)}\necho long`;
    expect(await session.exec(long)).toMatchObject({ stdout: "long\n" });
    const { started } = standIn.sandboxes.get((await remembered.get()) ?? "") ?? { started: [] };
    expect(started).toEqual([
      ["/bin/bash", "-l", "-c", "exec /app/bin/run"],
      ["/bin/bash", "-l", "-c", "exec /app/bin/run"],
    ]);
  });

  it("asks E2B for a network that is closed but for the gateway, and for none to describe", async () => {
    const before = standIn.calls.length;
    await (await conversation()).exec("true");
    await server().describe("");
    const made = standIn.calls.slice(before).filter(({ path }) => path === "/v2/sandboxes");
    expect(made.map(({ body }) => body)).toMatchObject([
      {
        network: { allowOut: ["patchbay.example"], denyOut: ["0.0.0.0/0"], allowPublicTraffic: false },
        autoPause: true,
      },
      { allow_internet_access: false, autoPause: false },
    ]);
  });

  it("adds a credential on the way out where it is a header, one account at a time, and only what changed is sent", async () => {
    const description = {
      slug: "desk",
      hosts: [],
      operations: { "env show": { access: "read" as const, requests: [], coded: true as const } },
    };
    const code = `import { tool } from "@patchbay/kit";
      tool({ slug: "desk", operations: { "env show": { access: "read", requests: [], run: async () => process.env.DESK_API_KEY } } });`;
    const calls: string[] = [];
    const prepare: ToolCommand["prepare"] = async ({ argv }) => {
      const key = argv[1] === "second" ? "key-2" : "key-1";
      calls.push(key);
      return {
        env: { DESK_API_KEY: key },
        injected: { env: { DESK_API_KEY: "added-on-the-way" }, headers: { "api.desk.example": { "X-Key": key } } },
        reaches: ["api.desk.example:443"],
        finish: async () => undefined,
      };
    };
    const session = await conversation({
      on: server({ gatewayAddress: () => undefined }),
      commands: [{ name: "desk", description, code, prepare }],
    });
    const updates = () => standIn.calls.filter(({ method }) => method === "PUT").map(({ body }) => body);
    const before = updates().length;
    const result = await session.exec("desk env show; desk --account second env show");
    expect(result).toMatchObject({ stdout: '"added-on-the-way"\n"key-2"\n', stderr: "" });
    await session.exec("desk env show");
    const first = {
      allowOut: ["api.desk.example"],
      denyOut: ["0.0.0.0/0"],
      rules: { "api.desk.example": [{ transform: { headers: { "X-Key": "key-1" } } }] },
    };
    expect(updates().slice(before)).toEqual([first]);
    await session.exec("desk --account second env show");
    expect(updates().slice(before + 1)).toMatchObject([
      { rules: { "api.desk.example": [{ transform: { headers: { "X-Key": "key-2" } } }] } },
    ]);
    expect(calls).toHaveLength(4);
  });

  it("says early that a write will be asked about, and never where the output is parsed", async () => {
    const prepare: ToolCommand["prepare"] = async () => ({ env: {}, asks: true, finish: async () => undefined });
    const session = await conversation({ commands: [showing("one", prepare)] });
    expect(await session.exec("desk env show")).toMatchObject({
      stdout: '"one"\n',
      stderr: "[desk env show changes something: a person is asked first]\n",
    });
    expect(await session.exec("desk env show 2>&1 | jq -r .")).toMatchObject({ stdout: "one\n", stderr: "" });
  });

  it("ends a call that was refused ahead at once, and tells of it only when it was made", async () => {
    let told = 0;
    const prepare: ToolCommand["prepare"] = async () => ({
      refuse: { exitCode: 4, stderr: "forbidden\n" },
      happened: async () => void (told += 1),
    });
    const session = await conversation({ commands: [showing("one", prepare)] });
    expect(await session.exec("false && desk env show")).toMatchObject({ exitCode: 1, stderr: "" });
    expect(told).toBe(0);
    expect(await session.exec("desk env show")).toMatchObject({ exitCode: 4, stdout: "", stderr: "forbidden\n" });
    expect(told).toBe(1);
  });

  it("writes a tool once, and anew when it has another version", async () => {
    const commands = [showing("one")];
    const session = await conversation({ commands });
    const before = callsTo(/^POST \/files$/);
    expect((await session.exec("desk env show")).stdout).toBe('"one"\n');
    expect((await session.exec("desk env show")).stdout).toBe('"one"\n');
    expect(callsTo(/^POST \/files$/) - before).toBe(1);
    commands[0] = showing("two");
    expect((await session.exec("desk env show")).stdout).toBe('"two"\n');
    expect(callsTo(/^POST \/files$/) - before).toBe(2);
  });

  describe("that ends or is cut off in the middle", () => {
    it("says that the sandbox ended, and goes on in a new one that says so too", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ remembered });
      await session.exec("echo gone > a.txt");
      const id = (await remembered.get()) ?? "";
      const running = session.exec("echo begun; sleep 60; echo after", {
        onOutput: (_, text) => text.includes("begun") && standIn.lose(id),
      });
      expect(await running).toMatchObject({
        exitCode: 137,
        cut: "lost",
        stdout: "begun\n",
        stderr: expect.stringContaining("the sandbox ended"),
      });
      const next = await session.exec("ls");
      expect(next).toMatchObject({ exitCode: 0, stdout: "", stderr: expect.stringContaining("without its files") });
      expect(await remembered.get()).not.toBe(id);
      expect((await session.exec("ls")).stderr).toBe("");
    });

    it("ends the script when only the connection to envd broke", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ remembered });
      await session.exec("echo kept > a.txt");
      const sandbox = standIn.sandboxes.get((await remembered.get()) ?? "");
      const result = await session.exec("echo begun; sleep 60", {
        onOutput: () => {
          for (const socket of sandbox?.sockets ?? []) socket.destroy();
        },
      });
      expect(result).toMatchObject({ exitCode: 137, cut: "lost" });
      await until(() => sandbox?.processes.size === 0);
      expect(await session.exec("cat a.txt")).toMatchObject({ stdout: "kept\n", stderr: "" });
    });

    it("does not run a write twice: what had begun is not begun again", async () => {
      const session = await conversation();
      await session.exec("true");
      let cuts = 0;
      standIn.fault = ({ path }) => (path.endsWith("/Start") && cuts++ === 0 ? "cut" : undefined);
      const outcome = await session.exec("echo x >> count.txt").catch((error: Error) => error);
      expect(outcome).toBeInstanceOf(Error);
      expect(cuts).toBe(1);
    });
  });

  describe("that sleeps", () => {
    it("is paused when nobody uses it, and wakes with its files", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ on: server({ idleMs: 100 }), remembered });
      await session.exec("echo kept > a.txt");
      const sandbox = standIn.sandboxes.get((await remembered.get()) ?? "");
      await until(() => sandbox?.state === "paused");
      expect(await session.exec("cat a.txt")).toMatchObject({ stdout: "kept\n", stderr: "" });
      await until(() => sandbox?.state === "paused");
      expect(Buffer.from(await session.readFile("a.txt")).toString()).toBe("kept\n");
    });

    it("wakes also when E2B put it to sleep unasked", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ remembered });
      await session.exec("echo kept > a.txt");
      const id = (await remembered.get()) ?? "";
      const api = { method: "POST", headers: { "x-api-key": standIn.apiKey, "content-type": "application/json" } };
      await fetch(`${standIn.url}/sandboxes/${id}/pause`, { ...api, body: "{}" });
      expect(await session.exec("cat a.txt")).toMatchObject({ stdout: "kept\n", stderr: "", exitCode: 0 });
      await fetch(`${standIn.url}/sandboxes/${id}/pause`, { ...api, body: "{}" });
      expect(await session.listFiles()).toEqual([{ path: "a.txt", size: 5 }]);
    });

    it("is woken by a command that comes while it is being paused", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ on: server({ idleMs: 50 }), remembered });
      let overlapping: Promise<{ stdout: string; stderr: string }> | undefined;
      standIn.fault = ({ path }) => {
        if (path.endsWith("/pause")) overlapping ??= session.exec("cat a.txt");
        return undefined;
      };
      await session.exec("echo kept > a.txt");
      await until(() => overlapping !== undefined);
      expect(await overlapping).toMatchObject({ stdout: "kept\n", stderr: "" });
    });

    it("is not paused while another server runs something in it", async () => {
      const remembered = rememberedInMemory();
      const first = await conversation({ on: server({ idleMs: 100 }), remembered });
      const second = await conversation({ on: server(), remembered });
      await first.exec("true");
      expect(await second.exec("sleep 1; echo done")).toMatchObject({ stdout: "done\n", exitCode: 0 });
    });

    it("goes on when pausing fails", async () => {
      standIn.fault = ({ path }) => (path.endsWith("/pause") ? { status: 500 } : undefined);
      const session = await conversation({ on: server({ idleMs: 50 }) });
      await session.exec("echo kept > a.txt");
      await until(() => log.some((line) => line.startsWith("could not pause")));
      expect(await session.exec("cat a.txt")).toMatchObject({ stdout: "kept\n", stderr: "" });
    });
  });

  describe("with servers that come and go", () => {
    it("is taken over by another when a server is killed in the middle of a command, with its files", async () => {
      const words = [standIn.url, standIn.apiKey, standIn.template, "echo kept > a.txt; echo begun; sleep 60"];
      const program = join(import.meta.dirname, "testing", "one-command.ts");
      const killed = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "inherit"] });
      let said = "";
      killed.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
      await until(() => said.includes("begun"));
      killed.kill("SIGKILL");
      await once(killed, "close");
      const [id = ""] = said.split("\n");
      expect([...standIn.sandboxes.keys()]).toEqual([id]);

      const remembered = rememberedInMemory();
      await remembered.claim(undefined, id);
      const next = await conversation({ remembered });
      expect(await next.exec("cat a.txt")).toMatchObject({ stdout: "kept\n", stderr: "" });
      expect([...standIn.sandboxes.keys()]).toEqual([id]);
    });

    it("is one sandbox also when two servers make it at the same moment", async () => {
      const remembered = rememberedInMemory();
      const both = await Promise.all([conversation({ remembered }), conversation({ remembered })]);
      await Promise.all(both.map((session, place) => session.exec(`echo ${place} > ${place}.txt`)));
      expect(await both[0].listFiles()).toHaveLength(2);
      expect([...standIn.sandboxes.keys()]).toEqual([await remembered.get()]);
    });

    it("serves fifty conversations at once, each its own", async () => {
      const on = server();
      const results = await Promise.all(
        Array.from({ length: 50 }, async (_, place) => {
          const session = await conversation({ on });
          const { stdout } = await session.exec(`echo ${place} > mine.txt; cat *`);
          await session.end();
          return stdout;
        }),
      );
      expect(results).toEqual(Array.from({ length: 50 }, (_, place) => `${place}\n`));
      expect(standIn.sandboxes.size).toBe(0);
    }, 120_000);

    it("ends at last what no conversation has, and leaves the young and the known", async () => {
      const on = server();
      const old = new Date(Date.now() - 3_600_000);
      const made = [];
      for (let count = 0; count < 3; count += 1) {
        const remembered = rememberedInMemory();
        await (await conversation({ on, remembered })).exec("true");
        made.push((await remembered.get()) ?? "");
      }
      const [stray = "", known = "", young = ""] = made;
      for (const id of [stray, known]) Object.assign(standIn.sandboxes.get(id) ?? {}, { startedAt: old });
      expect(await on.endStrays(async () => new Set([known]))).toBe(1);
      expect([...standIn.sandboxes.keys()].toSorted()).toEqual([known, young].toSorted());
      expect(await server({ installation: async () => "another" }).endStrays(async () => new Set())).toBe(0);
    });

    it("forgets a conversation's sandbox even when E2B cannot end it just then", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ remembered });
      await session.exec("true");
      standIn.fault = ({ method }) => (method === "DELETE" ? { status: 500 } : undefined);
      await session.end();
      expect(await remembered.get()).toBeUndefined();
    });
  });

  describe.skipIf(!canIsolate)("keeps a script apart from what runs it", () => {
    it.each([
      ["has no network, loopback included", (port: string) => `exec 3<>/dev/tcp/127.0.0.1/${port} && echo reached`],
      [
        "sees no process but its own",
        () => `cat /proc/*/environ | tr '\\0' '\\n' | grep PATCHBAY_ORDER && echo reached`,
      ],
      ["cannot write a tool", () => "echo evil > /app/cli/custom-kanban.ts && echo reached"],
      ["cannot become root", () => "{ sudo -n true || su -c true; } && echo reached"],
      ["cannot read what was left for the program that runs it", () => "ls /root && echo reached"],
    ])("%s", async (_, script) => {
      const result = await (await conversation()).exec(script(new URL(standIn.url).port));
      expect(result.stdout).not.toContain("reached");
      expect(result.exitCode).not.toBe(0);
    });

    it("leaves nothing running when it has ended", async () => {
      const remembered = rememberedInMemory();
      const session = await conversation({ remembered });
      await session.exec("(while :; do date > tick.txt; sleep 0.05; done) & setsid sleep 1000 & sleep 0.2");
      const tick = async () => Buffer.from(await session.readFile("tick.txt")).toString();
      await session.exec("echo stopped > tick.txt; sleep 0.3");
      expect(await tick()).toBe("stopped\n");
    });
  });
});
