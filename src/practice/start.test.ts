import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { consentLikeABrowser } from "./consent.ts";
import { startPractice } from "./start.ts";
import type { PracticeOptions, PracticeService } from "./start.ts";

let dataDir: string;
let open: PracticeService[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "practice-"));
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((service) => service.close()));
  rmSync(dataDir, { recursive: true });
});

async function start(options: PracticeOptions = {}) {
  const service = await startPractice({ dataDir, ...options });
  open.push(service);
  return service;
}
async function stop(service: PracticeService) {
  open = open.filter((one) => one !== service);
  await service.close();
}
const addCard = (service: { url: string; apiKey: string }, name: string) =>
  fetch(`${service.url}/v1/lists/lst_kitchen_todo/cards`, {
    method: "POST",
    headers: { "x-board-key": service.apiKey, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
async function cardNames({ url, keys }: PracticeService) {
  const answer = await fetch(`${url}/v1/lists/lst_kitchen_todo/cards?limit=100`, {
    headers: { "x-board-key": keys.apiKey },
  });
  return z
    .object({ items: z.array(z.object({ name: z.string() })) })
    .parse(await answer.json())
    .items.map(({ name }) => name);
}
const program = (body: string) =>
  `import { startPractice } from ${JSON.stringify(new URL("./start.ts", import.meta.url).href)};\n${body}`;

describe("a second start on the same data", () => {
  it("has the same address, keys, clients, boards and files", async () => {
    const first = await start();
    await addCard({ url: first.url, apiKey: first.keys.apiKey }, "Kept");
    await stop(first);
    const second = await start();
    expect([second.url, second.keys, second.clients]).toEqual([first.url, first.keys, first.clients]);
    expect(await cardNames(second)).toContain("Kept");
    const file = await fetch(`${second.url}/v1/attachments/att_kitchen_plan/content`, {
      headers: { "x-board-key": second.keys.apiKey },
    });
    expect(await file.text()).toContain("Sink under the window");
  });

  it("knows the tokens of the first, and no file holds one of them, a key or a client's secret in the clear", async () => {
    const first = await start();
    const registration = await fetch(`${first.issuer}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: ["http://127.0.0.1/callback"] }),
    });
    const client = z
      .object({ client_id: z.string(), client_secret: z.string(), registration_access_token: z.string() })
      .parse(await registration.json());
    const verifier = "v".repeat(43);
    const parameters = {
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: "http://127.0.0.1/callback",
      scope: "boards:read",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    };
    const back = await consentLikeABrowser(`${first.issuer}/oauth/authorize?${new URLSearchParams(parameters)}`, {
      person: "ana",
      allow: true,
    });
    const code = new URL(back).searchParams.get("code") ?? "";
    const token = (form: Record<string, string>) =>
      fetch(`${first.issuer}/oauth/token`, {
        method: "POST",
        body: new URLSearchParams({ client_id: client.client_id, client_secret: client.client_secret, ...form }),
      });
    const Tokens = z.object({ access_token: z.string(), refresh_token: z.string() });
    const tokens = Tokens.parse(
      await (
        await token({
          grant_type: "authorization_code",
          code,
          redirect_uri: "http://127.0.0.1/callback",
          code_verifier: verifier,
        })
      ).json(),
    );
    await stop(first);

    const second = await start();
    const me = () => fetch(`${second.url}/v1/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const status = () =>
      me().then(
        (answer) => answer.status,
        () => "a connection of the first service was tried",
      );
    await expect.poll(status).toBe(200);
    const renewed = Tokens.parse(
      await (await token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token })).json(),
    );
    const { apiKey, pair } = second.keys;
    const secrets = [
      apiKey,
      pair.key,
      pair.token,
      second.clients.confidential.clientSecret,
      client.client_secret,
      client.registration_access_token,
      code,
      ...Object.values(tokens),
      ...Object.values(renewed),
    ];
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written =
      files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n") +
      JSON.stringify([first.log(), second.log()]);
    expect(written).toContain("crd_kitchen_tiles");
    expect(secrets.filter((secret) => written.includes(secret))).toEqual([]);
  });

  it("takes another port when its old one is taken, but not when it was told which", async () => {
    const first = await start();
    const beside = await start({ dataDir: undefined });
    const taken = Number(new URL(first.url).port);
    expect(beside.url).not.toBe(first.url);
    await expect(startPractice({ port: taken })).rejects.toThrow("EADDRINUSE");
  });
});

describe("a killed service", () => {
  it("loses nothing it answered", async () => {
    const child = spawn(
      process.execPath,
      [
        "--input-type=module-typescript",
        "-e",
        program(
          `const { url, keys } = await startPractice({ dataDir: ${JSON.stringify(dataDir)} }); console.log(JSON.stringify({ url, apiKey: keys.apiKey }));`,
        ),
      ],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const address = await new Promise<string>((resolve) =>
      child.stdout.once("data", (data: Buffer) => resolve(data.toString())),
    );
    const service = z.object({ url: z.string(), apiKey: z.string() }).parse(JSON.parse(address));
    const answered: string[] = [];
    const writing = Promise.allSettled(
      Array.from({ length: 60 }, async (_, index) => {
        const name = `Card ${index}`;
        if ((await addCard(service, name)).status === 201) answered.push(name);
        if (answered.length === 20) child.kill("SIGKILL");
      }),
    );
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    await writing;
    expect(await ended).toBe("SIGKILL");
    expect(answered.length).toBeGreaterThanOrEqual(20);
    expect(await cardNames(await start())).toEqual(expect.arrayContaining(answered));
  });
});

describe("the running service", () => {
  it("writes all that one request changes in one line, so that a kill cannot leave half a board", async () => {
    const { url, keys } = await start();
    const lines = () => readFileSync(join(dataDir, "journal.jsonl"), "utf8").split("\n").length;
    const before = lines();
    const headers = { "x-board-key": keys.apiKey };
    expect((await fetch(`${url}/v1/boards/brd_kitchen`, { method: "DELETE", headers })).status).toBe(204);
    expect(lines()).toBe(before + 1);
  });

  it("prints nothing, not even when the authorization server loads", async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      program(
        `const service = await startPractice(); await fetch(service.issuer + "/.well-known/oauth-authorization-server"); await service.close();`,
      ),
    ]);
    expect([stdout, stderr]).toEqual(["", ""]);
  });

  it("gives the caller a line for each answer, without secrets", async () => {
    const lines: string[] = [];
    const { url, keys } = await start({ log: (line) => lines.push(line) });
    await fetch(`${url}/v1/me?key=${keys.pair.key}&token=${keys.pair.token}`);
    expect(lines).toEqual(["GET /v1/me 200 ana"]);
  });

  it("is not to be reached at another address of this machine", async () => {
    const { url } = await start();
    const addresses = Object.values(networkInterfaces())
      .flatMap((one) => one ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of [...addresses, { address: "127.0.0.2" }])
      await expect(fetch(url.replace("127.0.0.1", address))).rejects.toThrow();
  });

  it.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example"])(
    "refuses the host name %j (DNS rebinding)",
    async (host) => {
      const { url, keys } = await start();
      const status = await new Promise((resolve, reject) => {
        get(`${url}/v1/me`, { headers: { host, "x-board-key": keys.apiKey } }, (answer) =>
          resolve(answer.resume().statusCode),
        ).on("error", reject);
      });
      expect(status).toBe(421);
    },
  );

  it("ends its connections when it is closed, also those that wait for a slow answer", async () => {
    const service = await start();
    const waiting = fetch(`${service.url}/v1/awkward/slow?seconds=60`, {
      headers: { "x-board-key": service.keys.apiKey },
    });
    const end = waiting.then(
      () => "answered",
      () => "cut off",
    );
    await expect.poll(() => fetch(service.url).then(({ status }) => status)).toBe(200);
    await stop(service);
    expect(await end).toBe("cut off");
  });
});
