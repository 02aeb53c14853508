import {
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer,
  request as httpRequest,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Problem } from "../contract/problem.ts";
import { makeToken } from "../contract/opaque-token.ts";
import { Secret } from "../contract/secret.ts";
import type { AskedRequest } from "./asked-request.ts";
import { type HostPolicy, hostPolicy } from "./host-policy.ts";
import type { OpenGrant } from "./open-grant.ts";
import type { Placement } from "./place.ts";
import { type Gateway, type GatewayNeeds, serveGateway } from "./serve.ts";

/** What the service saw of a request. */
export type Seen = { method: string; url: string; headers: IncomingMessage["headers"]; body: string };

export type Service = {
  host: string;
  seen: Seen[];
  /** Answers from now on; default: 200 and `{}`. */
  answers(handler: (request: Seen, response: ServerResponse) => void): void;
  close(): Promise<void>;
};

/** A service on loopback that remembers what it was asked. */
export async function startService(): Promise<Service> {
  const seen: Seen[] = [];
  const plain = (_: Seen, response: ServerResponse) => void response.end("{}");
  let handler: (request: Seen, response: ServerResponse) => void = plain;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const one = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      seen.push(one);
      handler(one, response);
    });
  });
  await listening(server);
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answers: (next) => {
      handler = next;
    },
    close: () => closing(server),
  };
}

export type Bench = {
  gateway: Gateway;
  service: Service;
  policy: HostPolicy;
  /** The grant of the only run. */
  token: string;
  grant: OpenGrant;
  asked: AskedRequest[];
  recorded: { status?: number; ms: number; failed?: boolean; refused?: boolean }[];
  log: string[];
  /** Ends the run, and its grant with it. */
  endRun(): void;
  /** How the next requests are judged; default: everything may run. */
  permits(decide: (asked: AskedRequest, signal: AbortSignal) => Promise<void>): void;
  /** What is known of a refusal by the service. */
  refusals(reason: Refused): void;
  authorizes(authorize: (o?: { refused?: boolean }) => Promise<Placement[]>): void;
  /** Asks the gateway for a path at the service, with the grant as bearer token unless headers say otherwise. */
  ask(path: string, o?: Ask): Promise<Got>;
  close(): Promise<void>;
};
type Refused = (
  answer: Parameters<NonNullable<GatewayNeeds["refused"]>>[1],
) => Awaited<ReturnType<NonNullable<GatewayNeeds["refused"]>>>;
export type Ask = {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  host?: string;
};
export type Got = { status: number; headers: IncomingMessage["headers"]; text: string; problem: string | undefined };

export const canary = "canary-31/+&=x";

/** A gateway before a service, with a connection whose credential is the canary. */
export async function startBench(
  o: { placements?: Placement[]; rules?: OpenGrant["rules"]; gateway?: Parameters<typeof serveGateway>[1] } = {},
): Promise<Bench> {
  const service = await startService();
  const policy = hostPolicy({ allowPrivateHosts: [service.host] });
  const { token } = makeToken("pbg", "00000000-0000-4000-8000-000000000001");
  const rule = (operation: string, access: "read" | "write", method: string, path: string) => ({
    operation,
    access,
    method,
    url: `http://${service.host}${path}`,
  });
  const grant: OpenGrant = {
    tenantId: "00000000-0000-4000-8000-000000000001",
    personId: "00000000-0000-4000-8000-000000000002",
    grantId: "g1",
    connectionId: "c1",
    conversationId: null,
    runId: "r1",
    integrationId: "i1",
    versionId: "v1",
    slug: "desk",
    name: "Desk",
    account: "ann",
    baseUrl: `http://${service.host}`,
    hosts: [service.host],
    rules: o.rules ?? [
      rule("boards list", "read", "GET", "/boards"),
      rule("boards get", "read", "GET", "/boards/{id}"),
      rule("boards export", "write", "GET", "/boards/export"),
      rule("cards search", "read", "POST", "/cards/search"),
      rule("cards create", "write", "POST", "/cards"),
      rule("cards delete", "write", "DELETE", "/cards/{id}"),
    ],
  };
  const asked: AskedRequest[] = [];
  const recorded: Bench["recorded"] = [];
  const log: string[] = [];
  let isOver = false;
  let permit: (asked: AskedRequest, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  const placements = o.placements ?? [
    { place: { in: "header", name: "Authorization", template: "Bearer {secret}" }, secret: new Secret(canary) },
  ];
  let reason: Refused = () => undefined;
  let authorize: (o?: { refused?: boolean }) => Promise<Placement[]> = () => Promise.resolve(placements);
  const needs: GatewayNeeds = {
    policy,
    openGrant: (given) =>
      given === token && !isOver ? Promise.resolve(grant) : Promise.reject(new Problem("grant_invalid")),
    authorize: async (_grant, o) => ({ placements: await authorize(o) }),
    permit: async (_grant, request, signal) => {
      asked.push(request);
      await permit(request, signal);
      return { requestId: String(asked.length) };
    },
    refused: async (_grant, answer) => reason(answer),
    record: (_grant, _id, outcome) => void recorded.push(outcome),
    log: (line) => void log.push(line),
  };
  const gateway = await serveGateway(needs, o.gateway);
  return {
    gateway,
    service,
    policy,
    token,
    grant,
    asked,
    recorded,
    log,
    endRun: () => {
      isOver = true;
    },
    permits: (decide) => {
      permit = decide;
    },
    refusals: (next) => {
      reason = next;
    },
    authorizes: (next) => {
      authorize = next;
    },
    ask: (path, o = {}) =>
      askHttp(gateway.address, `/${o.host ?? service.host}${path}`, {
        ...o,
        headers: o.headers ?? { authorization: `Bearer ${token}` },
      }),
    close: async () => {
      await gateway.close();
      await service.close();
    },
  };
}

/** Sends exactly this target, which a URL parser would tidy up. */
export function askHttp(address: { host: string; port: number }, path: string, o: Ask = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { ...address, path, method: o.method ?? "GET", headers: o.headers ?? {}, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => void chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString("utf8"),
            problem: response.headers["x-patchbay-problem"] as string | undefined,
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(o.body);
  });
}

/** Sends bytes no client would send, and gives back all that comes. */
export function askRaw(address: { host: string; port: number }, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, address.host, () => socket.write(text));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(got));
    socket.setTimeout(300, () => socket.destroy());
  });
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
}

function closing(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}
