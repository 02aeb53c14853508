/** A service that answers every request with 1 KB of JSON. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const body = Buffer.from(
  JSON.stringify({ boards: Array.from({ length: 20 }, (_, n) => ({ id: n, name: `Board number ${n}` })) }).padEnd(1024),
);
const server = createServer((_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port, path: "/boards" });
});
