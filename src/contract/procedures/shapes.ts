import { z } from "zod";
import { AuthMethod } from "../auth-method.ts";
import { Connection } from "../connection.ts";
import { Integration } from "../integration.ts";
import { Secret } from "../secret.ts";

export const Id = z.uuid().meta({ examples: ["0190c1f2-7a1e-7cc0-9d3f-2b1f0a6c4e55"] });

export const Nothing = z.object({ ok: z.literal(true) });

/** A secret a person typed: a `Secret` from the border on. */
export const SecretText = z
  .string()
  .min(1)
  .max(20_000)
  .transform((text) => new Secret(text));

/** How the server's own live read went: only this makes a connection "connected". */
export const Proof = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), operation: z.string(), ms: z.number() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), status: z.number().optional() }),
]);
export type Proof = z.infer<typeof Proof>;

export const ConnectionProof = z.object({ connection: Connection, proof: Proof });
export type ConnectionProof = z.infer<typeof ConnectionProof>;

/** The state of a jack: what a glance at an integration should tell. */
export const Jack = z.enum(["known", "connected", "answering", "asking"]);
export type Jack = z.infer<typeof Jack>;

export const IntegrationSummary = Integration.pick({
  id: true,
  slug: true,
  name: true,
  description: true,
  category: true,
  iconUrl: true,
  docsUrl: true,
  baseUrl: true,
  origin: true,
  version: true,
  status: true,
  communityPullRequest: true,
}).extend({
  reads: z.number().describe("How many operations only read"),
  writes: z.number().describe("How many operations change something"),
  jack: Jack,
  icon: z.string().optional().describe("Where this server gives its icon; absent where it has none"),
  hosts: z.array(z.string()).describe("The only hosts its tool may reach"),
  connections: z.array(Connection),
});
export type IntegrationSummary = z.infer<typeof IntegrationSummary>;

/** Something that can be connected: an integration that is here, or one the catalogue knows how to make. */
export const Provider = z.object({
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string().optional(),
  docsUrl: z.string().optional(),
  icon: z.string().optional().describe("Where this server gives its icon; absent where it has none"),
  source: z.enum(["integration", "catalogue"]),
  integrationId: z.string().nullable(),
  methods: z.array(z.enum(["oauth2", "api_key", "bearer_token", "basic", "none"])),
  connected: z.number(),
});
export type Provider = z.infer<typeof Provider>;

/** How a service can be connected: its ways to sign in, with the secrets each asks for. Holds no secret. */
export const ProviderDetail = Provider.extend({ auth: z.array(AuthMethod), redirectUri: z.string() });
