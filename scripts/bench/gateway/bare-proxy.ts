/** The least a reverse proxy in Node does: take the request, ask the service through a pool, pass the answer on. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Dispatcher, Pool } from "undici";

const pool = new Pool(`http://${process.argv[2]}`, { connections: 128 });
const server = createServer((request, response) => {
  const { host: _, connection: __, ...headers } = request.headers;
  pool
    .stream(
      { method: (request.method ?? "GET") as Dispatcher.HttpMethod, path: request.url ?? "/", headers },
      ({ statusCode, headers }) => response.writeHead(statusCode, headers),
    )
    .catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port, path: "/boards" });
});
