import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type SmallService = {
  url: string;
  host: string;
  /** What its document says it can do, and what the document is called; changed while it runs, as services change theirs. */
  describe(change: Partial<Described>): void;
  /** Requests to the API itself, without those for the document and the icon. */
  calls: string[];
  /** How it answers calls; 200 with an empty list unless told otherwise. */
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => void;
  close(): Promise<void>;
};

type Described = { title: string; description: string; paths: object; logo?: string; security: boolean };

/** A small API on this machine that has an OpenAPI document of its own and an icon, for tests of what changes at a service. */
export async function smallService(given: Partial<Described> = {}): Promise<SmallService> {
  let described: Described = {
    title: "Ledger",
    description: "Invoices and who pays them.",
    paths: read("invoices", "Invoices, newest first"),
    security: false,
    ...given,
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (path === "/openapi.json") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(documentOf(described, url)));
    } else if (path === "/logo.svg") {
      response.writeHead(200, { "content-type": "image/svg+xml" }).end(logo);
    } else {
      service.calls.push(`${request.method} ${path}`);
      request.resume();
      service.answer(path, response, request);
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const service: SmallService = {
    url,
    host,
    calls: [],
    answer: (_path, response) => void response.writeHead(200, { "content-type": "application/json" }).end("[]"),
    describe: (change) => {
      described = { ...described, ...change };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

/** `GET /name` and `POST /name` as paths of a document. */
export function read(name: string, summary: string): object {
  return { [`/${name}`]: { get: { tags: [name], summary, responses: { 200: { description: "A list" } } } } };
}

export function readAndWrite(name: string, summary: string): object {
  const ok = { responses: { 200: { description: "Done" } } };
  return {
    [`/${name}`]: {
      get: { tags: [name], summary, ...ok },
      post: {
        tags: [name],
        summary: `Make one of: ${summary}`,
        requestBody: {
          content: { "application/json": { schema: { type: "object", properties: { name: { type: "string" } } } } },
        },
        ...ok,
      },
    },
  };
}

function documentOf({ title, description, paths, logo, security }: Described, url: string): object {
  return {
    openapi: "3.1.0",
    info: { title, version: "1", description, ...(logo ? { "x-logo": { url: logo } } : {}) },
    servers: [{ url: `${url}/v1` }],
    paths,
    ...(security
      ? {
          security: [{ key: [] }],
          components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key" } } },
        }
      : {}),
  };
}

const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" onload="window.stolen=1"><script>window.stolen=1</script>' +
  '<rect x="4" y="3" width="16" height="18" rx="2" fill="#2f6f9f"/><path d="M8 8h8M8 12h8M8 16h5" stroke="#fff" stroke-width="1.6"/></svg>';
