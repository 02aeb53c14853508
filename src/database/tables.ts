import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgPolicy,
  pgRole,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** The role the server works as: it owns no table, so row-level security holds for it. */
export const appRole = pgRole("patchbay_app").existing();

// In a sub-select, so that it is worked out once for a statement and not for every row.
const here = sql`(select nullif(current_setting('patchbay.tenant', true), '')::uuid)`;
const ownTenant = sql`tenant_id = ${here}`;

/** Rows are seen and written by their tenant only. */
const tenantOnly = (table: string) =>
  pgPolicy(`${table}_tenant`, {
    as: "permissive",
    for: "all",
    to: appRole,
    using: ownTenant,
    withCheck: ownTenant,
  });

/** Belongs to the server and to no tenant; out of reach inside one. */
const serverOnly = (table: string) =>
  pgPolicy(`${table}_server`, {
    for: "all",
    to: appRole,
    using: sql`${here} is null`,
    withCheck: sql`${here} is null`,
  });

const id = () => uuid("id").primaryKey().defaultRandom();
const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const createdAt = () => at("created_at").notNull().defaultNow();
const updatedAt = () => at("updated_at").notNull().defaultNow();
const tenantId = () =>
  uuid("tenant_id")
    .notNull()
    .references(() => tenant.id, { onDelete: "cascade" });

type Owned = { tenantId: AnyPgColumn; id: AnyPgColumn };

/** A row that others belong to: their tenant must be its own. */
const belonging = (table: string, t: Owned) => unique(`${table}_of_tenant`).on(t.tenantId, t.id);

/**
 * The row goes with its parent, which must be of the same tenant. Foreign keys look past the policies: without the tenant in
 * the key, one tenant could hang rows on another's.
 */
const partOf = (child: { tenantId: AnyPgColumn }, column: AnyPgColumn, parent: Owned) =>
  foreignKey({ columns: [child.tenantId, column], foreignColumns: [parent.tenantId, parent.id] }).onDelete("cascade");

/** A tenant sees its own row only; the server lists ids through the function `patchbay_tenants()`. */
export const tenant = pgTable(
  "tenant",
  {
    id: id(),
    name: text("name").notNull(),
    settings: jsonb("settings").notNull().default({}),
    createdAt: createdAt(),
  },
  () => [
    pgPolicy("tenant_self", {
      for: "all",
      to: appRole,
      using: sql`id = ${here}`,
      withCheck: sql`id = ${here}`,
    }),
  ],
);

export const person = pgTable(
  "person",
  {
    id: id(),
    tenantId: tenantId(),
    name: text("name").notNull(),
    email: text("email"),
    role: text("role").notNull().default("owner"),
    createdAt: createdAt(),
  },
  (t) => [tenantOnly("person"), belonging("person", t)],
);

/** Browser sessions, one-time sign-in links and API keys: all opaque tokens, kept as SHA-256. */
export const accessToken = pgTable(
  "access_token",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    kind: text("kind").notNull(), // session | link | api_key
    hash: text("hash").notNull(),
    label: text("label"),
    /** The API key that made this link, or the link by which this session came: they end with it. */
    madeBy: uuid("made_by"),
    expiresAt: at("expires_at"),
    usedAt: at("used_at"),
    createdAt: createdAt(),
  },
  (t) => [
    tenantOnly("access_token"),
    partOf(t, t.personId, person),
    belonging("access_token", t),
    partOf(t, t.madeBy, t),
    uniqueIndex("access_token_hash").on(t.hash),
    index("access_token_made_by").on(t.madeBy),
  ],
);

export const customIntegration = pgTable(
  "custom_integration",
  {
    id: id(),
    tenantId: tenantId(),
    /** Who made it; stays when the person has gone. */
    ownerId: uuid("owner_id"),
    slug: text("slug").notNull(),
    origin: text("origin").notNull().default("private"),
    currentVersionId: uuid("current_version_id"),
    /** on | off, where the owner decided otherwise than for all: whether it is offered to the community. */
    sharing: text("sharing"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    tenantOnly("custom_integration"),
    belonging("custom_integration", t),
    uniqueIndex("custom_integration_slug").on(t.tenantId, t.slug),
  ],
);

/** Its content never changes; a change is a new version. */
export const integrationVersion = pgTable(
  "integration_version",
  {
    id: id(),
    tenantId: tenantId(),
    integrationId: uuid("integration_id").notNull(),
    version: integer("version").notNull(),
    status: text("status").notNull().default("draft"), // draft | ready
    name: text("name").notNull(),
    description: text("description").notNull().default(""),
    category: text("category"),
    iconUrl: text("icon_url"),
    docsUrl: text("docs_url"),
    baseUrl: text("base_url").notNull(),
    hosts: jsonb("hosts").notNull(),
    variables: jsonb("variables").notNull(),
    auth: jsonb("auth").notNull(),
    cliCode: text("cli_code").notNull(),
    cliInstructions: text("cli_instructions").notNull(),
    permissions: jsonb("permissions").notNull(),
    rules: jsonb("rules").notNull(),
    /** Not jsonb, which would forget in which order operations and inputs stand: help shows them in it. */
    tool: json("tool").notNull(),
    source: jsonb("source").notNull(),
    contentHash: text("content_hash").notNull(),
    /** When it became ready, and the operations the version before it had not in this form: they start at "ask". */
    publishedAt: at("published_at"),
    newOperations: jsonb("new_operations").notNull().default([]),
    createdAt: createdAt(),
  },
  (t) => [
    tenantOnly("integration_version"),
    belonging("integration_version", t),
    partOf(t, t.integrationId, customIntegration),
    uniqueIndex("integration_version_number").on(t.integrationId, t.version),
    uniqueIndex("integration_version_content").on(t.integrationId, t.contentHash),
  ],
);

/** What became of offering an integration to the community repository. A job acts on this row; any server may go on with it. */
export const communityOffer = pgTable(
  "community_offer",
  {
    tenantId: tenantId(),
    integrationId: uuid("integration_id").primaryKey(),
    /** Whose integration it is: their offers are counted. */
    personId: uuid("person_id").notNull(),
    /** The version that was proven last, and what is known of that proof. */
    versionId: uuid("version_id").notNull(),
    proof: jsonb("proof").notNull(),
    status: text("status").notNull(), // OfferStatus of the contract
    /** Why it waits or was refused. */
    reasons: jsonb("reasons").notNull().default([]),
    /** The maintainers' words. */
    words: text("words"),
    repository: text("repository"),
    pullRequest: integer("pull_request"),
    pullRequestUrl: text("pull_request_url"),
    /** What lies in the pull request: the hash of its files, and since when. */
    contentHash: text("content_hash"),
    offeredAt: at("offered_at"),
    notBefore: at("not_before"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [tenantOnly("community_offer"), partOf(t, t.integrationId, customIntegration)],
);

/** The community repository at one commit, as this server pulled it. The one installed last is the catalogue. */
export const communitySnapshot = pgTable(
  "community_snapshot",
  {
    commit: text("commit").primaryKey(),
    repository: text("repository").notNull(),
    registry: jsonb("registry").notNull(),
    /** Texts by path. */
    files: jsonb("files").notNull(),
    pulledAt: at("pulled_at").notNull().defaultNow(),
    installedAt: at("installed_at"),
  },
  () => [serverOnly("community_snapshot")],
);

/** Each time something was offered: what the limits are counted on. */
export const communityPush = pgTable(
  "community_push",
  {
    id: id(),
    slug: text("slug").notNull(),
    personId: uuid("person_id").notNull(),
    createdAt: createdAt(),
  },
  (t) => [serverOnly("community_push"), index("community_push_time").on(t.createdAt)],
);

/** Who works on the pull request of a service just now; the lock ends by itself when its owner died. */
export const communityLock = pgTable(
  "community_lock",
  {
    slug: text("slug").primaryKey(),
    owner: text("owner").notNull(),
    until: at("until").notNull(),
  },
  () => [serverOnly("community_lock")],
);

/** A connection: one account at one service. Its secrets lie in `credential_version`, sealed. */
export const customIntegrationCredential = pgTable(
  "custom_integration_credential",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    integrationId: uuid("integration_id").notNull(),
    label: text("label").notNull(),
    authMethodId: text("auth_method_id").notNull(),
    metadata: jsonb("metadata").notNull().default({}),
    scopes: jsonb("scopes").notNull().default([]),
    credentialVersion: integer("credential_version").notNull().default(0),
    expiresAt: at("expires_at"),
    lifetimeSeconds: integer("lifetime_seconds"),
    enabled: boolean("enabled").notNull().default(true),
    isDefault: boolean("is_default").notNull().default(false),
    status: text("status").notNull().default("pending"),
    statusReason: text("status_reason"),
    provenAt: at("proven_at"),
    lastUsedAt: at("last_used_at"),
    /** The refresh lease: who refreshes, until when. Whoever cannot take it does not refresh. */
    leaseOwner: text("lease_owner"),
    leaseUntil: at("lease_until"),
    refreshFailures: integer("refresh_failures").notNull().default(0),
    retryRefreshAt: at("retry_refresh_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    tenantOnly("custom_integration_credential"),
    partOf(t, t.personId, person),
    partOf(t, t.integrationId, customIntegration),
    belonging("custom_integration_credential", t),
    index("credential_of_integration").on(t.tenantId, t.integrationId),
  ],
);

/** The last five sealed credentials of a connection; their places are in `vault/places.ts`. */
export const credentialVersion = pgTable(
  "credential_version",
  {
    tenantId: tenantId(),
    connectionId: uuid("connection_id").notNull(),
    version: integer("version").notNull(),
    sealed: text("sealed").notNull(),
    keyId: text("key_id").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.connectionId, t.version] }),
    tenantOnly("credential_version"),
    partOf(t, t.connectionId, customIntegrationCredential),
  ],
);

/** A sealed setting of the tenant (a model key typed on the page, a webhook secret …). */
export const sealedSetting = pgTable(
  "sealed_setting",
  {
    tenantId: tenantId(),
    name: text("name").notNull(),
    sealed: text("sealed").notNull(),
    keyId: text("key_id").notNull(),
    updatedAt: updatedAt(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.name] }), tenantOnly("sealed_setting")],
);

/**
 * The vault keys this database was used with, each with a sealed word that only the right key opens. Belongs to no tenant and
 * is out of reach inside one.
 */
export const vaultKey = pgTable(
  "vault_key",
  {
    id: text("id").primaryKey(),
    probe: text("probe").notNull(),
    createdAt: createdAt(),
  },
  () => [serverOnly("vault_key")],
);

/** The tenant's own registration at an authorization server; goes before the platform's. */
export const oauthClient = pgTable(
  "oauth_client",
  {
    id: id(),
    tenantId: tenantId(),
    slug: text("slug").notNull(),
    issuer: text("issuer"),
    clientId: text("client_id").notNull(),
    sealedSecret: text("sealed_secret"),
    keyId: text("key_id"),
    registered: text("registered").notNull().default("by_hand"), // by_hand | dynamic | metadata_document
    details: jsonb("details").notNull().default({}),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [tenantOnly("oauth_client"), uniqueIndex("oauth_client_slug").on(t.tenantId, t.slug)],
);

/** A sign-in under way. `hash` is SHA-256 of the state; single use; ten minutes. Holds the sealed code verifier. */
export const oauthState = pgTable(
  "oauth_state",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    hash: text("hash").notNull(),
    sessionHash: text("session_hash"),
    integrationId: uuid("integration_id").notNull(),
    authMethodId: text("auth_method_id").notNull(),
    connectionId: uuid("connection_id"),
    sealedVerifier: text("sealed_verifier"),
    keyId: text("key_id"),
    details: jsonb("details").notNull().default({}),
    returnTo: text("return_to").notNull().default("/"),
    usedAt: at("used_at"),
    expiresAt: at("expires_at").notNull(),
    createdAt: createdAt(),
  },
  (t) => [tenantOnly("oauth_state"), uniqueIndex("oauth_state_hash").on(t.hash)],
);

export const conversation = pgTable(
  "conversation",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    title: text("title").notNull().default("New conversation"),
    lastSeq: integer("last_seq").notNull().default(0),
    sandboxId: text("sandbox_id"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [tenantOnly("conversation"), partOf(t, t.personId, person), belonging("conversation", t)],
);

/** What people see: chat events in order, no gaps. */
export const event = pgTable(
  "event",
  {
    tenantId: tenantId(),
    conversationId: uuid("conversation_id").notNull(),
    seq: integer("seq").notNull(),
    body: jsonb("body").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.conversationId, t.seq] }),
    tenantOnly("event"),
    partOf(t, t.conversationId, conversation),
  ],
);

/** What the model sees: messages in the form of the Messages API. */
export const message = pgTable(
  "message",
  {
    tenantId: tenantId(),
    conversationId: uuid("conversation_id").notNull(),
    seq: integer("seq").notNull(),
    role: text("role").notNull(),
    content: jsonb("content").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.conversationId, t.seq] }),
    tenantOnly("message"),
    partOf(t, t.conversationId, conversation),
  ],
);

/** One answer of the agent. The server that works on it holds the lease; when it dies, another goes on. */
export const turn = pgTable(
  "turn",
  {
    id: id(),
    tenantId: tenantId(),
    conversationId: uuid("conversation_id").notNull(),
    status: text("status").notNull().default("running"), // running | done | stopped | cut | failed
    leaseOwner: text("lease_owner"),
    leaseUntil: at("lease_until"),
    state: jsonb("state").notNull().default({}),
    createdAt: createdAt(),
    endedAt: at("ended_at"),
  },
  (t) => [
    tenantOnly("turn"),
    partOf(t, t.conversationId, conversation),
    index("turn_of_conversation").on(t.conversationId),
  ],
);

/** Opaque run tokens, kept as SHA-256; they end with the run. */
export const runGrant = pgTable(
  "run_grant",
  {
    id: id(),
    tenantId: tenantId(),
    hash: text("hash").notNull(),
    personId: uuid("person_id").notNull(),
    connectionId: uuid("connection_id").notNull(),
    integrationVersionId: uuid("integration_version_id").notNull(),
    conversationId: uuid("conversation_id"),
    runId: uuid("run_id").notNull(),
    expiresAt: at("expires_at").notNull(),
    endedAt: at("ended_at"),
    createdAt: createdAt(),
  },
  (t) => [
    tenantOnly("run_grant"),
    partOf(t, t.connectionId, customIntegrationCredential),
    uniqueIndex("run_grant_hash").on(t.hash),
    index("run_grant_of_connection").on(t.tenantId, t.connectionId),
  ],
);

/** One execution: a shell command, one operation, a proof. */
export const run = pgTable(
  "run",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    conversationId: uuid("conversation_id"),
    turnId: uuid("turn_id"),
    kind: text("kind").notNull(), // shell | operation | proof
    command: text("command").notNull(),
    status: text("status").notNull().default("running"),
    exitCode: integer("exit_code"),
    createdAt: createdAt(),
    endedAt: at("ended_at"),
  },
  (t) => [tenantOnly("run"), index("run_of_turn").on(t.turnId)],
);

/** Each request a run made; written before a write is sent, so that a crash leaves a trace of it. No secrets, no bodies. */
export const request = pgTable(
  "request",
  {
    id: id(),
    tenantId: tenantId(),
    runId: uuid("run_id").notNull(),
    connectionId: uuid("connection_id").notNull(),
    operation: text("operation"),
    access: text("access").notNull(),
    method: text("method").notNull(),
    host: text("host").notNull(),
    path: text("path").notNull(),
    requestHash: text("request_hash").notNull(),
    status: integer("status"),
    outcome: text("outcome").notNull().default("sent"), // sent | answered | failed | refused
    ms: integer("ms"),
    createdAt: createdAt(),
  },
  (t) => [
    tenantOnly("request"),
    index("request_of_run").on(t.runId),
    index("request_of_connection").on(t.connectionId, t.requestHash),
    index("request_time").on(t.tenantId, t.createdAt),
  ],
);

export const approval = pgTable(
  "approval",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    conversationId: uuid("conversation_id"),
    runId: uuid("run_id"),
    connectionId: uuid("connection_id").notNull(),
    requestHash: text("request_hash").notNull(),
    operation: text("operation").notNull(),
    access: text("access").notNull(),
    shown: jsonb("shown").notNull(), // Approval of the contract, without status
    status: text("status").notNull().default("pending"),
    decidedBy: uuid("decided_by"),
    decidedAt: at("decided_at"),
    usedAt: at("used_at"),
    expiresAt: at("expires_at").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    tenantOnly("approval"),
    index("approval_status").on(t.tenantId, t.status),
    index("approval_of_conversation").on(t.conversationId),
    index("approval_of_request").on(t.tenantId, t.requestHash),
  ],
);

export const policy = pgTable(
  "policy",
  {
    id: id(),
    tenantId: tenantId(),
    level: text("level").notNull(),
    subject: text("subject"),
    operation: text("operation").notNull(),
    access: text("access"),
    decision: text("decision").notNull(),
    createdBy: uuid("created_by"),
    createdAt: createdAt(),
  },
  (t) => [tenantOnly("policy"), index("policy_of_tenant").on(t.tenantId)],
);

export const audit = pgTable(
  "audit",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id"),
    action: text("action").notNull(),
    outcome: text("outcome").notNull(),
    integrationId: uuid("integration_id"),
    connectionId: uuid("connection_id"),
    facts: jsonb("facts").notNull().default({}),
    createdAt: createdAt(),
  },
  (t) => [tenantOnly("audit"), index("audit_time").on(t.tenantId, t.createdAt)],
);

/**
 * A tool in the making from docs: what was read, the facts a person has said yes or no to, the operations written so far and
 * what the model has cost. Outlives its conversation, so that its tool can be mended from what was read.
 */
export const build = pgTable(
  "build",
  {
    id: id(),
    tenantId: tenantId(),
    personId: uuid("person_id").notNull(),
    conversationId: uuid("conversation_id"),
    /** Set once the tool is saved. */
    integrationId: uuid("integration_id"),
    url: text("url").notNull(),
    status: text("status").notNull().default("reading"), // reading | asked | confirmed | refused | saved
    /** What was read within which budget, as `DocsReport` has it. */
    docs: jsonb("docs").notNull(),
    /** The service's facts as shown to the person; what they said yes to is what holds. */
    facts: jsonb("facts"),
    decidedBy: uuid("decided_by"),
    decidedAt: at("decided_at"),
    operations: jsonb("operations").notNull().default({}),
    inputTokens: integer("input_tokens").notNull().default(0),
    cachedTokens: integer("cached_tokens").notNull().default(0),
    outputTokens: integer("output_tokens").notNull().default(0),
    /** How many input tokens, cached ones apart, it may have cost before the person is asked. */
    tokenLimit: integer("token_limit").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    tenantOnly("build"),
    belonging("build", t),
    partOf(t, t.personId, person),
    partOf(t, t.integrationId, customIntegration),
    index("build_of_conversation").on(t.conversationId),
    index("build_of_integration").on(t.integrationId),
  ],
);

/** A part of a page of docs below one heading, as it was read. */
export const docsSection = pgTable(
  "docs_section",
  {
    tenantId: tenantId(),
    buildId: uuid("build_id").notNull(),
    number: integer("number").notNull(),
    url: text("url").notNull(),
    title: text("title").notNull(),
    heading: text("heading").notNull(),
    text: text("text").notNull(),
  },
  (t) => [primaryKey({ columns: [t.buildId, t.number] }), tenantOnly("docs_section"), partOf(t, t.buildId, build)],
);

/** A read the server has made to prove a version, and the form of its answer. Written by the server only. */
export const operationTrial = pgTable(
  "operation_trial",
  {
    tenantId: tenantId(),
    versionId: uuid("version_id").notNull(),
    operation: text("operation").notNull(),
    outcome: text("outcome").notNull(), // worked | failed
    status: integer("status"),
    message: text("message"),
    shape: jsonb("shape"),
    triedAt: at("tried_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.versionId, t.operation] }),
    tenantOnly("operation_trial"),
    partOf(t, t.versionId, integrationVersion),
  ],
);

/** A way in which an operation of a version fails in use, counted over people. */
export const operationFault = pgTable(
  "operation_fault",
  {
    tenantId: tenantId(),
    versionId: uuid("version_id").notNull(),
    operation: text("operation").notNull(),
    kind: text("kind").notNull(), // not_found | field_refused | shape_changed
    detail: text("detail").notNull(),
    count: integer("count").notNull().default(1),
    personIds: jsonb("person_ids").notNull(),
    firstAt: at("first_at").notNull().defaultNow(),
    lastAt: at("last_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.versionId, t.operation, t.kind, t.detail] }),
    tenantOnly("operation_fault"),
    partOf(t, t.versionId, integrationVersion),
  ],
);

export const usage = pgTable(
  "usage",
  {
    tenantId: tenantId(),
    day: text("day").notNull(),
    kind: text("kind").notNull(), // call | tokens | wish | missing
    subject: text("subject").notNull(),
    count: integer("count").notNull().default(0),
    failures: integer("failures").notNull().default(0),
    totalMs: integer("total_ms").notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.day, t.kind, t.subject] }), tenantOnly("usage")],
);

/** Jobs that have taken effect: written in the transaction of the effect, so that a job that comes again does nothing. */
export const jobEffect = pgTable(
  "job_effect",
  {
    tenantId: tenantId(),
    jobId: uuid("job_id").notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.jobId] }), tenantOnly("job_effect")],
);
