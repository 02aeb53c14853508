import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { isProblem, Problem, type ProblemCode } from "../contract/problem.ts";
import { type AskedRequest, askedRequest } from "./asked-request.ts";
import { bodyBudget, readBody } from "./body.ts";
import { type Draft, headerOf, mayOverride, readHeaders, refuseOverrideQuery } from "./draft.ts";
import { type Answered, forward } from "./forward.ts";
import { readGraphql } from "./graphql.ts";
import type { HostPolicy } from "./host-policy.ts";
import { type Beginning, keepBeginning, type Keeper } from "./keep-beginning.ts";
import { type OpenGrant, declares, matcherOf, schemeFor } from "./open-grant.ts";
import { type Placement, placeCredential } from "./place.ts";
import { type Redactor, credentialRedactor } from "./redact.ts";
import { refuse, refuseBug } from "./refusal.ts";
import { relayWhole } from "./relay.ts";
import { takeGrant } from "./run-grant.ts";
import { type Target, readRedirect, readTarget } from "./target.ts";
import { type Upstream, openUpstream } from "./upstream.ts";

export type GatewayNeeds = {
  policy: HostPolicy;
  /** @throws Problem `grant_invalid` */
  openGrant(token: string): Promise<OpenGrant>;
  /** `refused`: the service did not accept what was given last (that `version` of it); renew it once. */
  authorize(
    grant: OpenGrant,
    o?: { refused?: boolean; version?: number },
  ): Promise<{ placements: Placement[]; version?: number }>;
  /**
   * The service refused (403), or refused the renewed credential too (401). What the sign-in lacks when the service says so;
   * whether the sign-in works otherwise; undefined when neither is known.
   */
  refused?(
    grant: OpenGrant,
    answer: { status: number; headers: IncomingHttpHeaders; body: string },
  ): Promise<{ lacking: { scopes: string[]; isKey: boolean } } | { worksOtherwise: true } | undefined>;
  /** Resolves when the request may run, which may take until a person answers; rejects with a Problem when it may not. */
  permit(grant: OpenGrant, asked: AskedRequest, signal: AbortSignal): Promise<{ requestId: string }>;
  record(grant: OpenGrant, requestId: string, outcome: Outcome): void;
  log?: (line: string) => void;
};

/** How a request ended: `failed`: the service gave no whole answer; `refused`: the request never left. Also how the answer begins, the credential taken out. */
export type Outcome = {
  status?: number;
  ms: number;
  failed?: boolean;
  refused?: boolean;
  answer?: Beginning;
};

export type Gateway = {
  address: { host: string; port: number };
  url: string;
  /**
   * Answers a request that came to another server of this process, for a sandbox that cannot reach this one. True when it was
   * for the gateway: its target, as it was sent, begins with the prefix (`/gateway/api.example.com/boards`).
   */
  take(prefix: string, request: IncomingMessage, response: ServerResponse): boolean;
  close(): Promise<void>;
};

type Limits = { bodyBytes: number; answerBytes: number };

const redirects = new Set([301, 302, 303, 307, 308]);
const mostHops = 5;

/** Problems that say something about the service. All others kept the request from being sent: paused, not signed in … */
const ofTheService = new Set<ProblemCode>([
  "service_unreachable",
  "answer_too_slow",
  "answer_too_large",
  "refresh_unavailable",
]);

/**
 * The only way from a tool to a service. A tool asks `http://GATEWAY/<host>/<path>` with its run grant; the gateway decides on
 * the very request that will be sent, waits for a person where it must, adds the credential and hands the answer on.
 * Refusals are JSON `{ok:false,code,message,…}` with the header `x-patchbay-problem`.
 */
export async function serveGateway(
  needs: GatewayNeeds,
  o: { host?: string; port?: number; maxBodyBytes?: number; maxAnswerBytes?: number; answerTimeoutMs?: number } = {},
): Promise<Gateway> {
  const upstream = openUpstream(needs.policy, { answerTimeoutMs: o.answerTimeoutMs });
  const limits = { bodyBytes: o.maxBodyBytes ?? 32_000_000, answerBytes: o.maxAnswerBytes ?? 256_000_000 };
  const budget = bodyBudget({ perRun: limits.bodyBytes * 2, together: limits.bodyBytes * 8 });
  const answer = (url: string, request: IncomingMessage, response: ServerResponse) => {
    const asked: LogFacts = { host: "-" };
    handle({ ...needs, upstream, limits, budget }, url, request, response, asked).catch((error: unknown) => {
      if (error instanceof Problem) {
        needs.log?.(`gateway refused ${error.code} ${request.method ?? ""} ${asked.host}`);
        refuse(response, error);
        return;
      }
      if (response.destroyed) return; // the tool went away: nobody is left to tell
      const id = randomBytes(4).toString("hex");
      needs.log?.(`gateway fault ${id} ${request.method ?? ""} ${asked.host} ${nameOf(error)}`);
      refuseBug(response, id);
    });
  };
  const server = createServer(
    { maxHeaderSize: 32_768, keepAliveTimeout: 60_000, requestTimeout: 120_000 },
    (request, response) => answer(request.url ?? "", request, response),
  );
  server.maxHeadersCount = 0; // counted by us: the default cuts the rest off in silence
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(o.port ?? 0, o.host ?? "127.0.0.1", resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    url: `http://${address.includes(":") ? `[${address}]` : address}:${port}`,
    take: (prefix, request, response) => {
      const url = request.url ?? "";
      if (!url.startsWith(`${prefix}/`)) return false;
      // What a service answers here would be a page of this server's own to a browser, with all that its scripts may do then.
      response.setHeader("content-security-policy", "sandbox; default-src 'none'");
      response.setHeader("x-content-type-options", "nosniff");
      // A tool has no session here, and the service it asks must not be sent anybody's.
      const isSignedIn = /(?:^|;\s*)(?:__Host-)?patchbay_/.test(request.headers.cookie ?? "");
      if (isSignedIn || request.headers["sec-fetch-dest"] !== undefined) {
        refuse(response, new Problem("request_refused", { detail: "it comes from a browser" }));
      } else answer(url.slice(prefix.length), request, response);
      return true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await upstream.close();
    },
  };
}

/** What a log line may say of a request. */
type LogFacts = { host: string };

type Inside = GatewayNeeds & { upstream: Upstream; limits: Limits; budget: ReturnType<typeof bodyBudget> };

async function handle(
  inside: Inside,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
  asked: LogFacts,
): Promise<void> {
  const method = request.method ?? "";
  if (method === "TRACE" || method === "CONNECT" || request.headers.upgrade !== undefined) {
    throw new Problem("request_refused", { detail: "the gateway carries plain requests only" });
  }
  const target = readTarget(url);
  asked.host = target.host.text;
  refuseOverrideQuery(target.query);
  const draft: Draft = {
    method,
    headers: readHeaders(request.rawHeaders),
    path: target.path,
    query: target.query,
    body: undefined,
  };
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  // Whoever shows no grant before the body gets little of our memory.
  let token = takeGrant(draft);
  let grant = token === undefined ? undefined : await inside.openGrant(token);
  const run = grant?.runId ?? "none";
  let taken = 0;
  try {
    if (hasBody) {
      draft.body = await readBody(request, grant ? inside.limits.bodyBytes : 1_000_000, (bytes) => {
        inside.budget.take(run, bytes);
        taken += bytes;
      });
      const inBody = takeGrant(draft);
      if (inBody !== undefined && token !== undefined && inBody !== token) throw new Problem("grant_invalid");
      token ??= inBody;
    }
    if (token === undefined) throw new Problem("grant_invalid");
    grant ??= await inside.openGrant(token);

    await carry({ inside, token, grant, response, signal: closing(request.socket) }, draft, target, 0);
  } finally {
    inside.budget.giveBack(run, taken);
  }
}

const closings = new WeakMap<Socket, AbortSignal>();

/** Aborted when the tool's connection closes, and with it the tool or its wish for an answer. One for all its requests. */
function closing(socket: Socket): AbortSignal {
  const known = closings.get(socket);
  if (known) return known;
  const gone = new AbortController();
  setMaxListeners(0, gone.signal);
  socket.once("close", () => gone.abort());
  closings.set(socket, gone.signal);
  return gone.signal;
}

type Carrying = { inside: Inside; token: string; grant: OpenGrant; response: ServerResponse; signal: AbortSignal };

/** Judges, asks, sends; for a redirect of a read, does so again for where it leads. */
async function carry(carrying: Carrying, draft: Draft, target: Target, hops: number): Promise<void> {
  const { inside, grant, response, signal } = carrying;
  const host = target.host;
  if (!declares(grant, host.text)) throw new Problem("host_refused", { host: host.text });
  const scheme = schemeFor(grant, host.text, inside.policy.isListed(host));
  const judgement = matcherOf(grant).judge({
    method: draft.method,
    host: host.text,
    path: draft.path,
    query: draft.query,
    graphql: () =>
      readGraphql({ query: draft.query, contentType: headerOf(draft.headers, "content-type"), body: draft.body }),
  });
  if (hops > 0 && judgement.access === "write") throw new Problem("redirect_refused", { host: host.text });
  const asked = askedRequest(draft, host.text, overridden(draft, judgement));

  const { requestId } = await inside.permit(grant, asked, signal);
  const started = performance.now();
  const beginning = keepBeginning();
  const record = (outcome: Omit<Outcome, "ms">) =>
    inside.record(grant, requestId, { ...outcome, ms: Math.round(performance.now() - started) });
  let answered: Answered;
  try {
    // A yes may come minutes later, when the run is over and its grant should be worth nothing, whoever holds it.
    await inside.openGrant(carrying.token);
    answered = await send(carrying, { draft, target, scheme, asked, keep: beginning });
  } catch (error) {
    // Neither a status nor a failure: whether it happened is not known.
    const isOurs = isProblem(error) && !ofTheService.has(error.code);
    record(isProblem(error, "write_outcome_unknown") ? {} : isOurs ? { refused: true } : { failed: true });
    throw error;
  }
  if (answered.kind === "relayed") {
    const { status, failed } = answered;
    record({ status, failed, answer: beginning.kept() });
    return;
  }
  record({ status: answered.status });
  if (answered.status === 401 || answered.status === 403) return;

  const location = answered.headers.location;
  const next = location === undefined ? undefined : readRedirect(location, `${scheme}//${host.text}${draft.path}`);
  if (!next || hops >= mostHops || asked.access === "write" || (draft.method !== "GET" && draft.method !== "HEAD")) {
    throw new Problem("redirect_refused", { host: next?.target.host.text ?? "an address that cannot be read" });
  }
  const nextHost = next.target.host;
  if (
    !declares(grant, nextHost.text) ||
    next.scheme !== schemeFor(grant, nextHost.text, inside.policy.isListed(nextHost))
  ) {
    throw new Problem("redirect_refused", { host: nextHost.text });
  }
  refuseOverrideQuery(next.target.query);
  if (response.destroyed) return;
  await carry(carrying, { ...draft, path: next.target.path, query: next.target.query }, next.target, hops + 1);
}

/** Sends with the credential; after a 401 once more with a renewed one: what was refused was not carried out. */
async function send(
  { inside, grant, response, signal }: Carrying,
  o: { draft: Draft; target: Target; scheme: "http:" | "https:"; asked: AskedRequest; keep: Keeper | undefined },
): Promise<Answered> {
  let refused: { refused: true; version?: number } | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const { placements, version } = await inside.authorize(grant, refused);
    if (signal.aborted) throw new Problem("request_refused", { detail: "the command ended before it could be sent" });
    refused = { refused: true, version };
    const redactor = credentialRedactor(placements);
    const draft = { ...o.draft };
    placeCredential(draft, placements);
    const answered = await forward(
      {
        pool: await inside.upstream.poolTo(o.scheme, o.target.host),
        draft,
        host: o.target.host.text,
        access: o.asked.access,
        redactor,
        response,
        hold: (status) => redirects.has(status) || (placements.length > 0 && (status === 401 || status === 403)),
        answerLimit: inside.limits.answerBytes,
        keep: o.keep,
        signal,
      },
      o.asked.operation,
    );
    if (answered.kind === "relayed") return answered;
    if (redirects.has(answered.status)) {
      const location = cleanLocation(answered.headers.location, redactor);
      return { ...answered, headers: { ...answered.headers, location } };
    }
    const { status, headers } = answered;
    if (status === 401 && attempt === 1) continue;
    const said = redactor.whole(answered.body).toString("utf8");
    const reason = await inside.refused?.(grant, { status, headers, body: said });
    const detail = said === "" ? undefined : said.slice(0, 500);
    const integration = grant.name;
    if (reason && "lacking" in reason) {
      refuse(response, new Problem("scope_missing", { integration, ...reason.lacking }), detail);
    } else if (status === 401) {
      const problem = reason
        ? new Problem("operation_refused", { integration })
        : new Problem("sign_in_ended", { integration });
      refuse(response, problem, detail);
    } else if (!answered.isWhole) {
      // Nobody takes half an answer for a whole.
      response.destroy();
    } else
      relayWhole({ status, headers, isHead: draft.method === "HEAD", response, redactor, keep: o.keep }, answered.body);
    return answered;
  }
}

/**
 * A service may repeat the credential in the address it sends us on to. What is judged, shown and kept must not hold it: a
 * parameter goes, and comes again where the credential belongs; in the path it makes the address unreadable.
 */
function cleanLocation(location: string | undefined, redactor: Redactor): string | undefined {
  if (location === undefined) return undefined;
  const holds = (text: string) => {
    const plain = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return redactor.text(text) !== text || redactor.text(plain) !== plain;
  };
  const [address = "", ...query] = (location.split("#", 1)[0] ?? "").split("?");
  if (holds(address)) return undefined;
  const pairs = query.join("?").split("&");
  const kept = pairs.filter((pair) => !holds(pair));
  return kept.join("&") === "" ? address : `${address}?${kept.join("&")}`;
}

/** A body that names another method is a write, whatever its own method reads like. */
function overridden<J extends { access: "read" | "write" }>(draft: Draft, judgement: J): J {
  return judgement.access === "read" && mayOverride(draft) ? { ...judgement, access: "write" } : judgement;
}

/** Of an unforeseen fault only its kind: messages may hold what was sent. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
