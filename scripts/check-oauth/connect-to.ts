import { Agent, request } from "node:http";
import { Problem } from "../../src/contract/problem.ts";
import type { GuardedFetch } from "../../src/gateway/guarded-fetch.ts";

/** Sends every request to one address over plain HTTP, with its own Host header and path, as curl's `--connect-to` does. */
export function connectTo(address: string): GuardedFetch {
  const { hostname, port } = new URL(address);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  return (url, init = {}) => {
    const target = new URL(url);
    const headers = Object.fromEntries(new Headers(init.headers));
    const body =
      init.body === undefined || init.body === null
        ? undefined
        : Buffer.from(typeof init.body === "string" ? init.body : init.body.toString(), "utf8");
    const options = {
      agent,
      hostname,
      port: port || 80,
      method: init.method ?? "GET",
      path: `${target.pathname}${target.search}`,
      timeout: init.timeoutMs ?? 20_000,
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        { ...options, headers: { host: target.host, ...headers, ...(body ? { "content-length": body.length } : {}) } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const status = answer.statusCode ?? 500;
            const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values]) =>
              (values ?? []).map((value) => [name, value] as [string, string]),
            );
            resolve(
              new Response([204, 205, 304].includes(status) ? null : new Uint8Array(Buffer.concat(chunks)), {
                status,
                headers: pairs,
              }),
            );
          });
        },
      );
      const unreachable = () =>
        reject(new Problem("service_unreachable", { host: target.host, reason: "the connection failed" }));
      sent.on("timeout", () => sent.destroy());
      sent.on("error", unreachable);
      sent.end(body);
    });
  };
}
