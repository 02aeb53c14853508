import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./figures.ts";
import type { Bench } from "./main.ts";

type Ready = { port: number; path: string; token?: string };
type Load = { perSecond: number; p50: number; p99: number };

const connections = 32;
const rounds = 8;
const roundMs = 700;

/**
 * Requests per second and latency of the gateway beside those of a bare reverse proxy of Node (undici, nothing judged), and of
 * nginx where it is installed. Everything on loopback in processes of its own; rounds alternate, so that what else the machine
 * does falls on all alike. The gateway is the whole one: grant, rules, policies, vault, redaction, and the record of each read
 * in an embedded database.
 */
export const bench: Bench = async () => {
  const children: ChildProcess[] = [];
  const start = (file: string, argument = "") =>
    new Promise<{ child: ChildProcess; ready: Ready }>((resolve, reject) => {
      const child = fork(join(import.meta.dirname, "gateway", file), [argument]);
      children.push(child);
      child.once("message", (ready) => resolve({ child, ready: ready as Ready }));
      child.once("exit", () => reject(new Error(`${file} ended before it was ready`)));
    });
  const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  try {
    const service = (await start("service.ts")).ready;
    const target = `127.0.0.1:${service.port}`;
    const peers = new Map([
      ["no proxy", service],
      ["bare Node proxy (undici)", (await start("bare-proxy.ts", target)).ready],
      ["gateway", (await start("whole-gateway.ts", target)).ready],
    ]);
    const nginx = await startNginx(folder, target, children);
    if (nginx) peers.set("nginx", nginx);
    const { child: client } = await start("load.ts");
    const load = (peer: Ready, open: number, ms: number) =>
      new Promise<Load>((resolve) => {
        client.once("message", (load) => resolve(load as Load));
        client.send({ ...peer, connections: open, ms });
      });

    const many = new Map<string, Load[]>();
    const single = new Map<string, Load[]>();
    for (const peer of peers.values()) await load(peer, connections, 500);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, peer] of peers) {
        many.set(name, [...(many.get(name) ?? []), await load(peer, connections, roundMs)]);
        if (round < 4) single.set(name, [...(single.get(name) ?? []), await load(peer, 1, 200)]);
      }
    }

    const bare = "bare Node proxy (undici)";
    const of = (loads: Map<string, Load[]>, name: string, figure: keyof Load) =>
      median((loads.get(name) ?? []).map((load) => load[figure]));
    const paired = (name: string) =>
      median(
        (many.get(name) ?? []).map(
          (load, round) => load.perSecond / (many.get(bare)?.[round]?.perSecond ?? Number.NaN),
        ),
      );
    const rows = [...peers.keys()].flatMap((name) => [
      {
        name: `${name}: requests per second, ${connections} connections`,
        value: of(many, name, "perSecond"),
        unit: "/s",
        ratio: paired(name),
        ...(name === "gateway" ? { aim: "0.7 of the bare proxy" } : {}),
      },
      { name: `${name}: p50 / ${connections} connections`, value: of(many, name, "p50"), unit: "ms" },
      { name: `${name}: p99 / ${connections} connections`, value: of(many, name, "p99"), unit: "ms" },
      { name: `${name}: p50 / 1 connection`, value: of(single, name, "p50"), unit: "ms" },
    ]);
    const added = (loads: Map<string, Load[]>, figure: keyof Load) =>
      of(loads, "gateway", figure) - of(loads, bare, figure);
    rows.push(
      { name: "added by the gateway, p50 / 1 connection", value: added(single, "p50"), unit: "ms", aim: "< 1 ms" },
      {
        name: `added by the gateway, p50 / ${connections} connections`,
        value: added(many, "p50"),
        unit: "ms",
        aim: "< 1 ms",
      },
      { name: `added by the gateway, p99 / ${connections} connections`, value: added(many, "p99"), unit: "ms" },
    );
    const notes = ["Ratios: median of paired rounds against the bare proxy. Added: beyond the bare proxy."];
    if (!nginx) notes.push("nginx is not installed here.");
    return { title: "Gateway: a read of 1 KB, everything on loopback", rows, notes };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
};

async function startNginx(folder: string, target: string, children: ChildProcess[]): Promise<Ready | undefined> {
  if (spawnSync("nginx", ["-v"]).status !== 0) return undefined;
  const port = 20_000 + (process.pid % 20_000);
  const configuration = join(folder, "nginx.conf");
  writeFileSync(
    configuration,
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
     events {} http { access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
     fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
     upstream service { server ${target}; keepalive 64; keepalive_requests 1000000000; }
     server { listen 127.0.0.1:${port}; keepalive_requests 1000000000; location / {
       proxy_pass http://service; proxy_http_version 1.1; proxy_set_header connection ""; } } }`,
  );
  children.push(spawn("nginx", ["-c", configuration], { stdio: "ignore" }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { port, path: "/boards" };
}
