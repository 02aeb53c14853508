import type { Answer } from "./send.ts";
import type { WireRequest } from "./request.ts";

/** Sends a GET or HEAD that has a body, which `fetch` refuses. `node:http` is there in Node, Deno and Bun. */
export async function sendWithNode(request: WireRequest): Promise<Answer> {
  const http = await (request.url.startsWith("https:") ? import("node:https") : import("node:http"));
  const body =
    typeof request.body === "string" ? new TextEncoder().encode(request.body) : (request.body ?? new Uint8Array());
  return new Promise((resolve, reject) => {
    const sent = http.request(
      request.url,
      { method: request.method, headers: { ...request.headers, "content-length": String(body.length) } },
      (response) => {
        const pieces: Uint8Array[] = [];
        response.on("data", (piece: Uint8Array) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          const headers = new Headers();
          for (const [name, value] of Object.entries(response.headers)) {
            for (const one of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, one);
          }
          const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
          pieces.reduce((at, piece) => (bytes.set(piece, at), at + piece.length), 0);
          resolve({ status: response.statusCode ?? 0, headers, bytes, url: request.url });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
