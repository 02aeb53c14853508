import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { consentLikeABrowser } from "../../practice/consent.ts";
import { home } from "../env.ts";
import { runningServer } from "../testing/running-server.ts";
import { connectTo } from "./client.ts";
import { run } from "./run.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const served = runningServer();
const scratch = mkdtempSync(join(tmpdir(), "patchbay-cli-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Ended = { code: number | null; stdout: string; stderr: string };

/** Runs the command line as a child process without a terminal, against the server of this file unless told otherwise. */
function patchbay(
  words: string[],
  o: { environment?: Record<string, string>; stdin?: string; bin?: string } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const environment = { PATH: process.env["PATH"], DATA_DIR: served().folder, ...o.environment };
    const child = spawn(process.execPath, [o.bin ?? join(home, "src/apps/cli/main.ts"), ...words], {
      env: environment,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(o.stdin ?? "");
  });
}

describe("the command line teaches", () => {
  it("shows all commands, and how to begin", async () => {
    const { code, stdout } = await patchbay(["--help"]);
    expect(code).toBe(0);
    for (const command of ["start", "chat", "connect", "compile", "run", "demo", "doctor", "worker", "link", "keys"]) {
      expect(stdout).toContain(`  ${command}`);
    }
    expect(stdout).toContain("npm start");
  });

  it.each(["connect", "run", "compile", "chat", "start", "keys"])("shows examples for %s", async (command) => {
    const { code, stdout } = await patchbay([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n/);
  });

  it.each([
    [["frobnicate"], "unknown command"],
    [["run"], "missing required argument"],
    [["compile", "x.json"], "--out"],
    [["start", "--wrong"], "unknown option"],
    [["connect", "./no-such-file.json"], "There is no file"],
    [["connect", "practice", "--secret-from", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"],
    [["connect", "practice", "--set", "nonsense"], "--set wants name=value"],
  ])("%j ends with 2 and says what is wrong", async (words, told) => {
    const { code, stderr } = await patchbay(words);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  });

  it("names a wrong setting, not its value", async () => {
    const { code, stderr } = await patchbay(["keys", "list"], { environment: { PORT: "canary-31" } });
    expect(code).toBe(2);
    expect(stderr).toContain("PORT");
    expect(stderr).not.toContain("canary-31");
  });

  it("starts from the installed command too", async () => {
    const { code, stdout } = await patchbay(["--help"], { bin: join(home, "src/apps/cli/patchbay.mjs") });
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: patchbay");
  });
});

describe("connect and run, without page or conversation", () => {
  it("says which secret is missing when there is no terminal to ask at", async () => {
    const { code, stderr } = await patchbay(["connect", "practice"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--secret-from x_board_key=");
  });

  it("ends with 3 for a wrong key, and prints it nowhere", async () => {
    const environment = { WRONG: "bk_canary-33" };
    const { code, stdout, stderr } = await patchbay(["connect", "practice", "--secret-from", "WRONG"], { environment });
    expect(code).toBe(3);
    expect(stderr).toContain("did not accept this sign-in");
    expect(stdout + stderr).not.toContain("canary-33");
  });

  it("connects with two secrets from the environment, in the query", async () => {
    const { key, token } = served().practice.keys.pair;
    const { code, stdout } = await patchbay(
      [
        "connect",
        "practice",
        "--method",
        "key_token",
        "--secret-from",
        "key=K",
        "--secret-from",
        "token=T",
        "--label",
        "Pair",
      ],
      { environment: { K: key, T: token } },
    );
    expect(code).toBe(0);
    expect(stdout).toContain("◉ Connected as");
    expect(stdout).not.toContain(token);
  });

  it("prints a read's result on standard output, and nothing else", async () => {
    const { code, stdout, stderr } = await patchbay([
      "run",
      "practice",
      "boards",
      "list",
      "--limit",
      "1",
      "--fields",
      "name",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(stderr).toBe("");
  });

  it("shows the tool's own help", async () => {
    const { code, stdout } = await patchbay(["run", "practice", "boards", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("boards list");
  });

  it("hands the tool's exit code on", async () => {
    expect((await patchbay(["run", "practice", "boards", "frobnicate"])).code).toBe(2);
  });

  it("shows a write in full, and without --yes and a terminal refuses it", async () => {
    const before = served().practice.log().length;
    const { code, stderr } = await patchbay(["run", "practice", "boards", "create", "--name", "Not me"]);
    expect(code).toBe(4);
    expect(stderr).toContain("/v1/boards");
    expect(stderr).toContain('"name": "Not me"');
    expect(stderr).toContain("--yes");
    expect(
      served()
        .practice.log()
        .slice(before)
        .filter((entry) => entry.method === "POST"),
    ).toEqual([]);
  });

  it("sends it with --yes, having shown it", async () => {
    const { code, stdout, stderr } = await patchbay(["run", "--yes", "practice", "boards", "create", "--name", "Me"]);
    expect(code).toBe(0);
    expect(stderr).toContain('"name": "Me"');
    expect(JSON.parse(stdout)).toMatchObject({ name: "Me" });
  });

  it("takes a body from standard input", async () => {
    const { code, stdout } = await patchbay(
      ["run", "--yes", "--stdin", "practice", "boards", "create", "--input", "-"],
      {
        stdin: '{"name":"From a pipe"}',
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: "From a pipe" });
  });

  it("pauses, tests, and rules what an account may do, and tells what was done", async () => {
    const said = async (...words: string[]) => {
      const { code, stdout, stderr } = await patchbay(words);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    expect(await said("accounts", "list")).toMatch(/◉ practice {2}Pair.*connected/);
    expect(await said("accounts", "pause", "practice", "--account", "Pair")).toContain("paused");
    expect((await patchbay(["run", "practice", "boards", "list"])).code).toBe(4);
    expect(await said("accounts", "resume", "practice", "--account", "Pair")).toContain("connected");
    expect(await said("accounts", "test", "practice")).toContain("worked");
    expect(await said("accounts", "versions", "practice")).toContain("in use");

    const id = (await said("policies", "add", "deny", "boards *", "--slug", "practice")).trim();
    expect((await patchbay(["run", "practice", "boards", "list"])).code).toBe(4);
    expect(await said("policies", "list")).toContain(`${id}  deny  "boards *"`);
    await said("policies", "remove", id);
    expect((await patchbay(["policies", "add", "perhaps", "*"])).code).toBe(2);
    expect(await said("activity", "--slug", "practice", "--kind", "policy")).toContain("Removed a policy");
    await said("wanted");
  });

  it("says what to do for a service that is not connected", async () => {
    const { code, stderr } = await patchbay(["run", "nothing", "list"]);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ ok: false, code: "not_found" });
    expect(stderr).toContain("there is practice");
  });

  it("names the accounts there are when the one given is not among them", async () => {
    const { code, stderr } = await patchbay(["run", "--account", "nobody", "practice", "boards", "list"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no such account .*nobody.*; there (is|are) .*Pair/);
  });
});

describe("what a newcomer meets", () => {
  it("takes up an account whose first read failed, by the command that is told", async () => {
    const document = join(scratch, "toy.json");
    const paths = { "/v1/no-such-thing": { get: { operationId: "listNotes", tags: ["notes"], responses: {} } } };
    const key = { type: "apiKey", in: "header", name: "X-Api-Key" };
    writeFileSync(
      document,
      JSON.stringify({
        openapi: "3.1.0",
        info: { title: "Toy Notes", version: "1" },
        servers: [{ url: served().practice.url }],
        components: { securitySchemes: { key } },
        security: [{ key: [] }],
        paths,
      }),
    );
    const environment = { TK: "toy-key-1" };
    const again = async (what: string, ...more: string[]) => {
      const ended = await patchbay(["connect", what, "--secret-from", "TK", ...more], { environment });
      expect(ended.code, ended.stderr).toBe(5);
      return { stdout: ended.stdout, told: String(JSON.parse(ended.stderr).message) };
    };
    const { told } = await again(document);
    expect(told).toContain("patchbay accounts test toy-notes\n");
    expect(told).toContain("patchbay connect toy-notes");
    expect((await patchbay(["accounts", "test", "toy-notes"])).code).toBe(5);
    expect((await again("toy-notes")).stdout).toContain("Going on with Toy Notes");
    await again(document);
    const accounts = async () => (await served().api.connections.list()).filter((one) => one.slug === "toy-notes");
    expect((await accounts()).map((one) => one.label)).toEqual(["Toy Notes"]);

    // Another one is wanted by its own name, and named apart when both have the same.
    expect((await again("toy-notes", "--label", "Second")).told).toContain(
      'accounts test toy-notes --account "Second"',
    );
    await patchbay(["accounts", "rename", "toy-notes", "Toy Notes", "--account", "Second"]);
    const ids = (await accounts()).map((one) => one.id.slice(0, 8));
    expect(ids).toHaveLength(2);
    const listed = (await patchbay(["accounts", "list"])).stdout;
    const asked = (await patchbay(["accounts", "pause", "toy-notes", "--account", "Toy Notes"])).stderr;
    for (const id of ids) expect([listed, asked].filter((text) => text.includes(id))).toHaveLength(2);
    const paused = await patchbay(["accounts", "pause", "toy-notes", "--account", ids[1] ?? ""]);
    expect(paused.code, paused.stderr).toBe(0);
    expect((await accounts()).filter((one) => !one.enabled).map((one) => one.id.slice(0, 8))).toEqual([ids[1]]);
  });

  it("says where an option of its own belongs, and leaves to the tool what is the tool's", async () => {
    const told = async (...words: string[]) => (await patchbay(["run", "practice", ...words])).stderr;
    expect(await told("boards", "list", "--yes")).toContain("patchbay run --yes practice");
    const byNpm = { environment: { npm_lifecycle_event: "patchbay" } };
    expect((await patchbay(["run", "practice", "boards", "list", "--yes"], byNpm)).stderr).toContain(
      "npm run -s patchbay -- run --yes practice",
    );
    expect((await patchbay(["run", "--help"], byNpm)).stdout).not.toMatch(/(?<!npm run -s )patchbay (run|--help)/);
    expect(await told("boards", "list", "--account", "Pair")).toContain("patchbay run --account LABEL practice");
    const other = await told("boards", "list", "--nonsense");
    expect(other).toContain("There is no input --nonsense");
    expect(other).not.toContain("patchbay run");
  });

  it("says whether a write can have been sent when the server ends in the middle", async () => {
    const { hostname, port } = new URL(served().local);
    const between = createServer();
    const wires = new Set<Socket>();
    between.on("connection", (near: Socket) => {
      const far = connect(Number(port), hostname);
      for (const one of [near, far]) wires.add(one.on("error", () => undefined));
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
    const api = connectTo({
      url: `http://127.0.0.1:${(between.address() as AddressInfo).port}`,
      token: served().token,
    });
    const confirm = async () => {
      const closed = new Promise((resolve) => between.close(resolve));
      for (const one of wires) one.destroy();
      await closed;
      return true;
    };
    const words = ["boards", "create", "--name", "Never made"];
    const running = (terminal: Terminal) => run(api, terminal, "practice", words, { yes: false });
    await expect(running({ ...openTerminal(), interactive: true, confirm })).rejects.toThrow(
      /waited for a yes.*nothing was sent/,
    );
    await expect(running(openTerminal())).rejects.toThrow(/ended before it answered.*patchbay activity/);
    expect(
      served()
        .practice.log()
        .filter((entry) => JSON.stringify(entry).includes("Never made")),
    ).toEqual([]);
  });
});

describe("signing in by OAuth from the terminal", () => {
  it("prints a link that signs the browser in here and goes on to the service", async () => {
    const words = ["connect", "practice", "--method", "oauth2"];
    const environment = { PATH: process.env["PATH"], DATA_DIR: served().folder };
    const child = spawn(process.execPath, [join(home, "src/apps/cli/main.ts"), ...words], { env: environment });
    let stdout = "";
    const link = Promise.withResolvers<string>();
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      const printed = /http\S+sign-in\?link=\S+/.exec(stdout)?.[0];
      if (printed) link.resolve(printed);
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));

    const first = await fetch(await link.promise, { redirect: "manual" });
    const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
    const onward = first.headers.get("location") ?? "";
    expect(new URL(onward).origin).toBe(served().practice.url);
    const back = await consentLikeABrowser(onward, { person: "ben", allow: true });
    expect((await fetch(back)).status).toBe(400); // a browser nobody signed in here
    const again = await fetch(back, { headers: { cookie } });
    expect(again.status).toBe(200);
    expect(await ended).toBe(0);
    expect(stdout).toContain("Connected as ben@practice.example");
  });
});

describe("the chat in a pipe", () => {
  it("answers what is said, in text without colours", async () => {
    const { code, stdout } = await patchbay(["chat"], { stdin: "show my boards\n" });
    expect(code).toBe(0);
    expect(stdout).toContain("Kitchen renovation");
    expect(stdout).not.toContain("\u001B[");
  });
});

describe("keys and files", () => {
  it("makes a key, lists it, revokes it", async () => {
    const made = await patchbay(["keys", "create", "nightly"]);
    expect(made.stdout.trim()).toMatch(/^pbk_[\w-]+$/);
    const [line = ""] = (await patchbay(["keys", "list"])).stdout.split("\n").filter((one) => one.includes("nightly"));
    expect((await patchbay(["keys", "revoke", line.split(" ")[0] ?? ""])).code).toBe(0);
    expect((await patchbay(["keys", "list"])).stdout).not.toContain("nightly");
  });

  it("keeps what only its user may read from others", () => {
    for (const name of ["server.json", "vault.key", "database"]) {
      expect(statSync(join(served().folder, name)).mode & 0o077).toBe(0);
    }
  });

  it("prints a link that signs in", async () => {
    const { stdout } = await patchbay(["link"]);
    expect((await fetch(stdout.trim(), { redirect: "manual" })).status).toBe(303);
  });
});

describe("compile", () => {
  it("writes a tool that runs as it stands", async () => {
    const document = join(scratch, "pets.json");
    const paths = { "/pets": { get: { operationId: "listPets", tags: ["pets"], summary: "All pets", responses: {} } } };
    const servers = [{ url: "https://pets.example" }];
    writeFileSync(
      document,
      JSON.stringify({ openapi: "3.1.0", info: { title: "Pets", version: "1" }, servers, paths }),
    );
    const out = join(scratch, "pets");
    const { code, stdout } = await patchbay(["compile", document, "--out", out]);
    expect(code).toBe(0);
    expect(stdout).toContain("1 read, 0 write");
    expect(stdout).toContain("Node 24 or newer");
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8"))).toMatchObject({ slug: "pets" });
    const help = await patchbay(["--help"], { bin: join(out, "cli.ts") });
    expect(help.stdout).toContain("pets");
  });

  it("says what is wrong with what is no document, and writes nothing", async () => {
    const out = join(scratch, "nothing");
    const page = join(scratch, "page.html");
    writeFileSync(page, "<!doctype html><html><body>Our API</body></html>");
    const { code, stderr } = await patchbay(["compile", page, "--out", out]);
    expect(code).toBe(2);
    expect(stderr).toContain("document_is_page");
    expect(existsSync(out)).toBe(false);
  });
});

describe("without a running server", () => {
  it("a command starts one for its time and leaves nothing behind", async () => {
    const environment = { DATA_DIR: join(scratch, "alone"), PORT: "0", PRACTICE_PORT: "0" };
    const { code, stdout } = await patchbay(["keys", "create", "alone"], { environment });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pbk_/);
    expect(existsSync(join(environment.DATA_DIR, "server.json"))).toBe(false);
    expect((await patchbay(["keys", "list"], { environment })).stdout).toContain("alone");
  });

  it("a second server on the same folder is refused", async () => {
    const { code, stderr } = await patchbay(["start"], { environment: { PORT: "0", PRACTICE_PORT: "0" } });
    expect(code).toBe(1);
    expect(stderr).toContain("data_folder_in_use");
  });

  it("a link cannot be made, and what to do is said", async () => {
    const { code, stderr } = await patchbay(["link"], { environment: { DATA_DIR: join(scratch, "nobody") } });
    expect(code).toBe(1);
    expect(stderr).toContain("npm start");
  });
});
