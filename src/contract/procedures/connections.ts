import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { Connection } from "../connection.ts";
import { Slug } from "../integration.ts";
import { ConnectionProof, Id, Nothing, Proof, Provider, ProviderDetail, SecretText } from "./shapes.ts";

const ofConnection = z.object({ id: Id });
const route = { tags: ["Connections"] };
const variables = z
  .record(z.string().max(100), z.string().max(500))
  .default({})
  .describe("Values of the blanks in the service's addresses")
  .meta({ examples: [{ subdomain: "acme" }] });

const connectionId = Id.optional().describe(
  "Sign this connection in again: its label, policies and place as default stay",
);

/** Accounts at services. A credential goes in by these procedures and never comes out. */
export const connections = {
  list: oc
    .route({ ...route, method: "GET", path: "/integrations/connections", summary: "My connections" })
    .output(z.array(Connection)),

  create: oc
    .route({
      ...route,
      method: "POST",
      path: "/integrations/connections",
      summary: "Connect with a key, token or password",
      description:
        "The secrets are sealed, then the server makes one live read. A key the service refuses is not kept (422 `credential_refused`).",
    })
    .input(
      z.object({
        slug: Slug.meta({ examples: ["trello"] }),
        methodId: z
          .string()
          .max(50)
          .optional()
          .describe("Which way to sign in; the first that asks for no browser when left out"),
        secrets: z
          .record(z.string().max(50), SecretText)
          .default({})
          .meta({ examples: [{ key: "…", token: "…" }] }),
        variables,
        label: z.string().trim().min(1).max(120).optional(),
        connectionId,
        /** Given by the page when the form stood in a conversation, so that the conversation learns of it. */
        conversationId: Id.optional(),
        cardId: z.string().max(100).optional(),
      }),
    )
    .output(ConnectionProof),

  test: oc
    .route({ ...route, method: "POST", path: "/integrations/connections/{id}/test", summary: "Make one live read" })
    .input(ofConnection)
    .output(Proof),

  pause: oc
    .route({ ...route, method: "POST", path: "/integrations/connections/{id}/pause", summary: "Pause a connection" })
    .input(ofConnection)
    .output(Connection),

  resume: oc
    .route({ ...route, method: "POST", path: "/integrations/connections/{id}/resume", summary: "Resume a connection" })
    .input(ofConnection)
    .output(Connection),

  rename: oc
    .route({ ...route, method: "PATCH", path: "/integrations/connections/{id}", summary: "Name an account" })
    .input(ofConnection.extend({ label: z.string().trim().min(1).max(120) }))
    .output(Connection),

  setDefault: oc
    .route({
      ...route,
      method: "POST",
      path: "/integrations/connections/{id}/default",
      summary: "Make this the account used when none is named",
    })
    .input(ofConnection)
    .output(Connection),

  versions: oc
    .route({
      ...route,
      method: "GET",
      path: "/integrations/connections/{id}/versions",
      summary: "The last five credentials of a connection, newest first",
      description: "Only their numbers and when they were made.",
    })
    .input(ofConnection)
    .output(z.array(z.object({ version: z.number(), createdAt: z.date() }))),

  goBack: oc
    .route({
      ...route,
      method: "POST",
      path: "/integrations/connections/{id}/go-back",
      summary: "Go back to an earlier credential, and try it with one live read",
    })
    .input(ofConnection.extend({ version: z.number().int().positive() }))
    .output(ConnectionProof),

  delete: oc
    .route({
      ...route,
      method: "DELETE",
      path: "/integrations/connections/{id}",
      summary: "Disconnect: revoke at the service where it can, then erase",
    })
    .input(ofConnection)
    .output(Nothing),

  providers: oc
    .route({ ...route, method: "GET", path: "/integrations/connections/providers", summary: "What can be connected" })
    .output(z.array(Provider)),
};

export const providers = {
  get: oc
    .route({
      ...route,
      method: "GET",
      path: "/integrations/providers/{slug}",
      summary: "How one service can be connected",
    })
    .input(z.object({ slug: Slug }))
    .output(ProviderDetail),

  status: oc
    .route({
      ...route,
      method: "GET",
      path: "/integrations/status",
      summary: "How many are connected, by category, and who has to sign in again",
    })
    .output(
      z.object({
        total: z.number(),
        connected: z.number(),
        byCategory: z.array(z.object({ category: z.string(), total: z.number(), connected: z.number() })),
        /** Accounts that wait for their person: the sign-in ended, or lacks what a request needed. */
        signInAgain: z.array(
          z.object({
            connectionId: z.string(),
            slug: z.string(),
            label: z.string(),
            reason: z.string().nullable(),
            url: z.string().describe("Where to sign in again"),
          }),
        ),
      }),
    ),
};

/** Where a person may come back to after signing in at a service: a fixed list, so that it cannot be bent. */
export const ReturnTo = z.enum(["/", "/integrations", "/done"]);

export const oauth = {
  start: oc
    .route({
      ...route,
      method: "POST",
      path: "/integrations/oauth/start",
      summary: "Begin signing in at a service",
      description:
        "Open the returned `url` in the same browser. The service sends the person back to the redirect URI.",
    })
    .input(
      z.object({
        slug: Slug,
        methodId: z.string().max(50).optional(),
        variables,
        returnTo: ReturnTo.default("/done"),
        connectionId,
        signIn: z
          .boolean()
          .default(false)
          .describe("Answer with a one-time link that signs the browser in here first; for terminals and API keys"),
        conversationId: Id.optional(),
        cardId: z.string().max(100).optional(),
      }),
    )
    .output(z.object({ url: z.string() })),

  device: oc
    .route({
      ...route,
      method: "POST",
      path: "/integrations/oauth/device",
      summary: "Sign in by a code typed on another device (RFC 8628)",
      description: "The first event holds the code and where to type it; the stream ends when the person has decided.",
    })
    .input(z.object({ slug: Slug, methodId: z.string().max(50).optional(), variables, connectionId }))
    .output(
      eventIterator(
        z.object({
          userCode: z.string(),
          verificationUri: z.string(),
          verificationUriComplete: z.string().optional(),
          expiresAt: z.date(),
        }),
        ConnectionProof,
      ),
    ),

  availability: oc
    .route({
      ...route,
      method: "GET",
      path: "/integrations/oauth/availability",
      summary: "Which services can be signed in to now, and what the others still need",
    })
    .output(
      z.array(
        z.object({
          slug: z.string(),
          name: z.string(),
          methodId: z.string(),
          available: z.boolean(),
          redirectUri: z.string(),
        }),
      ),
    ),
};

const OauthApp = z.object({
  slug: z.string(),
  clientId: z.string(),
  hasSecret: z.boolean(),
  registered: z.string(),
  createdAt: z.date(),
});

/** OAuth clients of one's own: they go before those the server was started with. */
export const oauthApps = {
  list: oc
    .route({ ...route, method: "GET", path: "/integrations/oauth-apps", summary: "My OAuth clients" })
    .output(z.array(OauthApp)),

  save: oc
    .route({ ...route, method: "POST", path: "/integrations/oauth-apps", summary: "Enter an OAuth client" })
    .input(
      z.object({
        slug: Slug,
        clientId: z.string().trim().min(1).max(2000),
        clientSecret: SecretText.optional().describe("Leave it out for a public client"),
      }),
    )
    .output(OauthApp),

  delete: oc
    .route({ ...route, method: "DELETE", path: "/integrations/oauth-apps/{slug}", summary: "Remove an OAuth client" })
    .input(z.object({ slug: Slug }))
    .output(Nothing),

  setup: oc
    .route({
      ...route,
      method: "GET",
      path: "/integrations/oauth-apps/setup/{slug}",
      summary: "How to register a client at a service",
    })
    .input(z.object({ slug: Slug }))
    .output(
      z.object({
        slug: z.string(),
        name: z.string(),
        redirectUri: z.string(),
        createUrl: z.string().optional(),
        steps: z.array(z.string()),
        configured: z.boolean(),
      }),
    ),
};
