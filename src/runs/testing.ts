import { randomBytes } from "node:crypto";
import type { Approval } from "../contract/approval.ts";
import type { ChatEventBody } from "../contract/chat.ts";
import type { IntegrationDraft } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { Secret } from "../contract/secret.ts";
import { ToolDescription } from "../contract/tool.ts";
import { type Connections, createConnections } from "../connections/connections.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { conversation } from "../database/tables.ts";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { type HostPolicy, hostPolicy, isListed } from "../gateway/host-policy.ts";
import { type Gateway, serveGateway } from "../gateway/serve.ts";
import { type Service, canary, startService } from "../gateway/testing.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import { publish } from "../integrations/publish.ts";
import { saveVersion } from "../integrations/save-version.ts";
import { localSandbox } from "../sandbox/local.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createVault } from "../vault/vault.ts";
import { type Runs, createRuns } from "./runs.ts";

/** A server's lower half for tests: real database, vault, connections, gateway and sandbox, and a service on loopback. */
export type World = {
  database: Database;
  scope: Scope;
  service: Service;
  gateway: Gateway;
  policy: HostPolicy;
  connections: Connections;
  runs: Runs;
  connectionId: string;
  conversationId: string;
  /** Everything that was told to a conversation. */
  events: ChatEventBody[];
  log: string[];
  /** The next question that is open, as soon as there is one. */
  question(): Promise<Approval>;
  newConversation(): Promise<string>;
  /** Saves a version as a draft, which also reaches these hosts; gives its id. */
  saveTool(operations: Operations, hosts?: string[]): Promise<string>;
  /** Saves and publishes a version with these operations. */
  publishTool(operations: Operations): Promise<void>;
  connectAccount(label: string, secret: string): Promise<string>;
  /** Stops, also in the middle of something, and starts again on the same database. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

export type Operations = Record<
  string,
  { access: "read" | "write"; request: string; summary?: string; input?: object; run?: string }
>;

export const deskOperations: Operations = {
  "boards list": { access: "read", request: "GET /boards", summary: "Boards I can see" },
  "cards create": {
    access: "write",
    request: "POST /cards",
    summary: "Add a card to a list",
    input: { name: { in: "body", type: "string", required: true } },
  },
  "cards delete": {
    access: "write",
    request: "DELETE /cards/{id}",
    summary: "Delete a card",
    input: { id: { in: "path", type: "string", required: true } },
  },
  "cards *": { access: "write", request: "POST /cards/all", summary: "Named by somebody who means no good" },
};

export async function openWorld(
  database: Database,
  o: {
    approvalMs?: number;
    callTimeoutMs?: number;
    now?: () => Date;
    sandboxNow?: () => number;
    /** In place of the local sandbox, whose tools are given credentials themselves. */
    withoutGateway?: () => Sandbox;
  } = {},
): Promise<World> {
  const scope = await database.createTenant("Test", { name: "Ann" });
  const service = await startService();
  const vault = createVault({ keys: `test:${randomBytes(32).toString("base64")}` });
  const policy = hostPolicy({ allowPrivateHosts: [service.host] });
  const events: ChatEventBody[] = [];
  const log: string[] = [];
  const asked: ((approval: Approval) => void)[] = [];
  const open: Approval[] = [];

  const start = async () => {
    const connections = createConnections({
      database,
      vault,
      fetch: guardedFetch(policy),
      isPrivate: (host) => isListed(policy, host),
      publicUrl: () => "http://127.0.0.1:1",
      platformClient: () => undefined,
      log: (line) => void log.push(line),
    });
    let gateway: Gateway | undefined;
    let sandbox: Sandbox | undefined;
    const unavailable = () => Promise.reject(new Error("this world has no sandbox"));
    const lazily: Sandbox = {
      open: (session) => sandbox?.open(session) ?? unavailable(),
      describe: (code, options) => sandbox?.describe(code, options) ?? unavailable(),
      close: async () => sandbox?.close(),
    };
    const runs = createRuns({
      database,
      sandbox: lazily,
      connections,
      emit: async (_scope, _conversationId, body) => {
        events.push(body);
        if (body.type !== "approval_asked") return;
        const next = asked.shift();
        if (next) next(body.approval);
        else open.push(body.approval);
      },
      gatewayUrl: () => gateway?.url ?? "",
      credentialDelivery: o.withoutGateway ? "env" : "gateway",
      log: (line) => void log.push(line),
      ...(o.approvalMs === undefined ? {} : { approvalMs: o.approvalMs }),
      ...(o.now ? { now: o.now } : {}),
    });
    gateway = await serveGateway({ policy, ...runs.gatewayNeeds, log: (line) => void log.push(line) });
    const local = {
      gatewayAddress: gateway.address,
      poolSize: 1,
      callTimeoutMs: o.callTimeoutMs,
      now: o.sandboxNow,
    };
    sandbox = o.withoutGateway?.() ?? localSandbox(local);
    return { connections, runs, gateway, sandbox: lazily };
  };

  let house = await start();
  const newConversation = () =>
    withinTenant(database, scope.tenantId, async (tx) => {
      const [row] = await tx.insert(conversation).values(scope).returning({ id: conversation.id });
      return row?.id ?? "";
    });
  const saveTool = (operations: Operations, hosts: string[] = []) =>
    withinTenant(database, scope.tenantId, async (tx) => {
      const draft = deskDraft(service.host, operations);
      const { versionId } = await saveVersion(tx, scope, { ...draft, hosts: [...draft.hosts, ...hosts] });
      return versionId;
    });
  const publishTool = async (operations: Operations) => {
    const versionId = await saveTool(operations);
    await withinTenant(database, scope.tenantId, (tx) => publish(tx, scope, versionId));
  };
  await publishTool(deskOperations);
  const connectAccount = async (label: string, secret: string) => {
    const { connectWithSecrets, proven } = house.connections;
    const [integration] = await withinTenant(database, scope.tenantId, (tx) => listIntegrations(tx));
    const connection = await connectWithSecrets(scope, {
      integrationId: integration?.id ?? "",
      methodId: "token",
      secrets: { access_token: new Secret(secret) },
      label,
    });
    await proven(scope, connection.id);
    return connection.id;
  };
  const connectionId = await connectAccount("ann@example.com", canary);
  const conversationId = await newConversation();
  const close = async () => {
    await house.runs.close();
    await house.sandbox.close();
    await house.gateway.close();
    await house.connections.close();
  };

  return {
    database,
    scope,
    service,
    policy,
    connectionId,
    conversationId,
    events,
    log,
    get gateway() {
      return house.gateway;
    },
    get connections() {
      return house.connections;
    },
    get runs() {
      return house.runs;
    },
    question: () => {
      const first = open.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => void asked.push(resolve));
    },
    newConversation,
    saveTool,
    publishTool,
    connectAccount,
    restart: async () => {
      await close();
      house = await start();
      await house.runs.recover();
    },
    close: async () => {
      await close();
      await service.close();
    },
  };
}

function deskDraft(host: string, operations: Operations): IntegrationDraft {
  const names = (access: string) => Object.keys(operations).filter((name) => operations[name]?.access === access);
  const described = Object.entries(operations).map(([name, { request, run, ...operation }]) => [
    name,
    { ...operation, requests: [request], ...(run === undefined ? {} : { coded: true }) },
  ]);
  const code = Object.entries(operations).map(([name, { request, run, ...operation }]) => {
    const table = JSON.stringify(run === undefined ? { ...operation, request } : { ...operation, requests: [request] });
    return `${JSON.stringify(name)}: { ...${table}${run === undefined ? "" : `, run: ${run}`} }`;
  });
  const tool = {
    slug: "desk",
    baseUrl: `http://${host}`,
    hosts: [host],
    auth: { access_token: { in: "header", name: "authorization", template: "Bearer {secret}" } },
  };
  return {
    slug: "desk",
    name: "Desk",
    description: "",
    baseUrl: `http://${host}`,
    hosts: [host],
    variables: [],
    auth: [{ id: "token", type: "bearer_token", variables: [] }],
    origin: "private",
    permissions: { readOps: names("read"), writeOps: names("write") },
    cliCode: `import { tool } from "@patchbay/kit";\nexport default tool({ ...${JSON.stringify(tool)}, operations: {\n${code.join(",\n")}\n} });\n`,
    instructions: "",
    tool: ToolDescription.parse({ ...tool, operations: Object.fromEntries(described) }),
    rules: Object.entries(operations).map(([operation, { access, request }]) => {
      const [method = "", path = ""] = request.split(" ");
      return { operation, access, method, url: `http://${host}${path}` };
    }),
    source: { kind: "openapi" },
  };
}
