type Example = { request?: object; response: unknown };

const id = "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e55";
const connection = {
  id,
  integrationId: "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e56",
  slug: "trello",
  personId: "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e57",
  label: "ann@example.com",
  authMethodId: "key_and_token",
  metadata: {},
  scopes: [],
  expiresAt: null,
  enabled: true,
  isDefault: true,
  status: "connected",
  statusReason: null,
  provenAt: "2026-11-29T10:00:01.000Z",
  createdAt: "2026-11-29T10:00:00.000Z",
};
const proof = { ok: true, operation: "boards list", ms: 140 };
const provider = {
  slug: "trello",
  name: "Trello",
  description: "Boards, lists and cards.",
  category: "project management",
  docsUrl: "https://developer.atlassian.com/cloud/trello/",
  source: "integration",
  integrationId: connection.integrationId,
  methods: ["api_key"],
  connected: 1,
};
const redirectUri = "https://patchbay.example.com/oauth/callback/github";
const client = {
  slug: "github",
  clientId: "Iv1.8a61f9b3a7aba766",
  hasSecret: true,
  registered: "by_hand",
  createdAt: "2026-11-29T10:00:00.000Z",
};

/** By operation: what a call looks like. They are checked against the contract by `openapi-examples.test.ts`. */
export const examples: Record<string, Example> = {
  "connections.list": { response: [connection] },
  "connections.create": {
    request: { slug: "trello", secrets: { key: "…", token: "…" }, label: "ann@example.com" },
    response: { connection, proof },
  },
  "connections.test": { response: proof },
  "connections.pause": { response: { ...connection, enabled: false } },
  "connections.resume": { response: connection },
  "connections.rename": { request: { label: "Work" }, response: { ...connection, label: "Work" } },
  "connections.setDefault": { response: connection },
  "connections.versions": {
    response: [
      { version: 2, createdAt: "2026-11-29T10:00:00.000Z" },
      { version: 1, createdAt: "2026-11-01T08:30:00.000Z" },
    ],
  },
  "connections.goBack": { request: { version: 1 }, response: { connection, proof } },
  "connections.delete": { response: { ok: true } },
  "connections.providers": { response: [provider] },
  "providers.get": {
    response: {
      ...provider,
      redirectUri: "https://patchbay.example.com/oauth/callback/trello",
      auth: [
        {
          type: "api_key",
          id: "key_and_token",
          variables: [],
          fields: [
            {
              name: "key",
              label: "API key",
              helpUrl: "https://trello.com/power-ups/admin",
              places: [{ in: "query", name: "key" }],
            },
            { name: "token", label: "Token", places: [{ in: "query", name: "token" }] },
          ],
        },
      ],
    },
  },
  "providers.status": {
    response: {
      total: 34,
      connected: 1,
      byCategory: [
        { category: "project management", total: 6, connected: 1 },
        { category: "storage", total: 4, connected: 0 },
      ],
      signInAgain: [
        {
          connectionId: id,
          slug: "github",
          label: "ann",
          reason: "Your GitHub sign-in has ended. Connect it again to go on.",
          url: "https://patchbay.example.com/integrations/github",
        },
      ],
    },
  },
  "oauth.start": {
    request: { slug: "github", returnTo: "/integrations" },
    response: {
      url: "https://github.com/login/oauth/authorize?response_type=code&client_id=Iv1.8a61f9b3a7aba766&redirect_uri=https%3A%2F%2Fpatchbay.example.com%2Foauth%2Fcallback%2Fgithub&state=pbo_…&scope=repo&code_challenge=…&code_challenge_method=S256",
    },
  },
  "oauth.availability": {
    response: [{ slug: "github", name: "GitHub", methodId: "browser", available: false, redirectUri }],
  },
  "oauthApps.list": { response: [client] },
  "oauthApps.save": {
    request: { slug: "github", clientId: client.clientId, clientSecret: "…" },
    response: client,
  },
  "oauthApps.delete": { response: { ok: true } },
  "oauthApps.setup": {
    response: {
      slug: "github",
      name: "GitHub",
      redirectUri,
      createUrl: "https://github.com/settings/applications/new",
      steps: ["Register an OAuth client at GitHub.", `Enter ${redirectUri} as its redirect URI.`],
      configured: false,
    },
  },
  "activity.list": {
    response: {
      entries: [
        {
          id,
          at: "2026-11-29T10:00:00.000Z",
          kind: "refresh",
          action: "connection.refresh",
          outcome: "ok",
          text: "Renewed the sign-in",
          person: { id: connection.personId, name: "Ann" },
          integration: { slug: "github", name: "GitHub" },
          connection: { id, label: "ann" },
          facts: {},
        },
      ],
      next: null,
    },
  },
  "wanted.list": { response: [{ subject: "frobnicator", asked: 3, failed: 3, missing: 3, lastDay: "2026-11-29" }] },
  "policies.list": {
    response: [
      {
        id,
        level: "integration",
        subject: connection.integrationId,
        operation: "cards *",
        access: "write",
        decision: "ask",
        createdAt: "2026-11-29T10:00:00.000Z",
      },
    ],
  },
};
