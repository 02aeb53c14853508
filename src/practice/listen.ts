import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

type Port = { wanted: number; otherwiseAny: boolean };
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Listens on 127.0.0.1 and nowhere else. Requests under another name than this address are refused: a page elsewhere
 * that makes its own name point here (DNS rebinding) sends that name.
 */
export async function listenOnLoopback({
  wanted,
  otherwiseAny,
}: Port): Promise<{ url: string; port: number; answerWith(answer: Answer): void; close(): Promise<void> }> {
  const server = createServer();
  try {
    await listen(server, wanted);
  } catch (error) {
    if (wanted === 0 || !otherwiseAny) throw error;
    await listen(server, 0);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The practice service got no port.");
  const { port } = address;
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    answerWith(answer) {
      server.on("request", (request, response) => {
        if (names.includes(request.headers.host ?? "")) answer(request, response);
        else response.writeHead(421, { "content-type": "text/plain" }).end(`This is ${names[0]}.\n`);
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
