import { and, eq, sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { OAuth2Method } from "../contract/auth-method.ts";
import type { Integration } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { Secret } from "../contract/secret.ts";
import { audit } from "../database/audit.ts";
import type { Transaction } from "../database/database.ts";
import { oauthClient } from "../database/tables.ts";
import { places } from "../vault/places.ts";
import type { Vault } from "../vault/vault.ts";
import { chooseAuthentication, mayGoTo } from "./oauth/client-authentication.ts";
import type { OAuthClient } from "./oauth/client-authentication.ts";

/**
 * A client the server was started with: `{SLUG}_CLIENT_ID`, `{SLUG}_CLIENT_SECRET`. A tenant may call any integration by any
 * slug, so it is used at these hosts only.
 */
export type PlatformClient = { clientId: string; clientSecret?: Secret; hosts: readonly string[] };

export type FoundClient = OAuthClient & { source: "by_hand" | "platform" | "dynamic" };

/** What may be shown of a client. */
export type ClientEntry = { slug: string; clientId: string; hasSecret: boolean; registered: string; createdAt: Date };

export type OAuthClients = ReturnType<typeof createOAuthClients>;

/** Our registrations at authorization servers: the tenant's own before the platform's, before one registered by itself. */
export function createOAuthClients(needs: { vault: Vault; platformClient(slug: string): PlatformClient | undefined }) {
  return {
    async list(tx: Transaction): Promise<ClientEntry[]> {
      const rows = await tx.select().from(oauthClient).orderBy(oauthClient.slug);
      return rows.map(toEntry);
    },

    /** Keeps a client typed by a person; it replaces the one before. Its secret goes to no other server than today's. */
    async save(
      tx: Transaction,
      scope: Scope,
      o: { slug: string; clientId: string; clientSecret?: Secret; server?: string },
    ): Promise<ClientEntry> {
      const row = await write(tx, scope, { ...o, registered: "by_hand", details: {} });
      await audit(tx, scope, { action: "oauth_client.save", outcome: "ok", facts: { slug: o.slug } });
      return row;
    },

    async remove(tx: Transaction, scope: Scope, slug: string): Promise<void> {
      const gone = await tx.delete(oauthClient).where(eq(oauthClient.slug, slug)).returning({ id: oauthClient.id });
      if (gone.length === 0) throw new Problem("not_found", { what: "OAuth client" });
      await audit(tx, scope, { action: "oauth_client.remove", outcome: "ok", facts: { slug } });
    },

    /** The client to use for a sign-in; undefined when there is none yet. */
    async find(
      tx: Transaction,
      integration: Integration,
      method: OAuth2Method,
      o: { offered?: string[]; redirectUri?: string } = {},
    ): Promise<FoundClient | undefined> {
      const [row] = await tx.select().from(oauthClient).where(eq(oauthClient.slug, integration.slug));
      const kept = row && usable(row, method, o.redirectUri) ? open(row) : undefined;
      if (kept && row?.registered === "by_hand") return finish(kept, method, o.offered, "by_hand");
      const platform = needs.platformClient(integration.slug);
      if (platform && declaredHosts(method).every((host) => mayGoTo(platform.hosts, host)))
        return { ...finish(platform, method, o.offered, "platform"), hosts: platform.hosts };
      return kept && finish(kept, method, o.offered, "dynamic");
    },

    /** Keeps a client that registered itself, where no person has entered one meanwhile. */
    async keepDynamic(
      tx: Transaction,
      scope: Scope,
      slug: string,
      client: OAuthClient & { endsAt?: Date },
      o: { server: string; redirectUri: string },
    ): Promise<void> {
      const [row] = await tx
        .select({ registered: oauthClient.registered })
        .from(oauthClient)
        .where(eq(oauthClient.slug, slug));
      if (row?.registered === "by_hand") return;
      const details = {
        authentication: client.authentication,
        redirectUri: o.redirectUri,
        endsAt: client.endsAt?.toISOString(),
      };
      await write(tx, scope, {
        slug,
        clientId: client.clientId,
        clientSecret: client.clientSecret,
        server: o.server,
        registered: "dynamic",
        details,
      });
      await audit(tx, scope, { action: "oauth_client.register", outcome: "ok", facts: { slug } });
    },

    /** A server has forgotten the client that registered itself: the next sign-in registers again. */
    async forgetDynamic(tx: Transaction, slug: string, clientId: string): Promise<void> {
      await tx
        .delete(oauthClient)
        .where(
          and(eq(oauthClient.slug, slug), eq(oauthClient.clientId, clientId), eq(oauthClient.registered, "dynamic")),
        );
    },
  };

  async function write(
    tx: Transaction,
    scope: Scope,
    o: {
      slug: string;
      clientId: string;
      clientSecret?: Secret;
      server?: string;
      registered: "by_hand" | "dynamic";
      details: z.input<typeof Details>;
    },
  ): Promise<ClientEntry> {
    await tx.delete(oauthClient).where(eq(oauthClient.slug, o.slug));
    const id = randomUUID();
    const seal = o.clientSecret && needs.vault.seal(o.clientSecret, places.oauthClient(id));
    const [row] = await tx
      .insert(oauthClient)
      .values({
        id,
        tenantId: scope.tenantId,
        slug: o.slug,
        issuer: o.server ?? null,
        clientId: o.clientId,
        sealedSecret: seal?.sealed ?? null,
        keyId: seal?.keyId ?? null,
        registered: o.registered,
        details: o.details,
        updatedAt: sql`now()`,
      })
      .returning();
    if (!row) throw new Error("the client was not inserted");
    return toEntry(row);
  }

  function open(row: Row): OAuthClient {
    const clientSecret =
      row.sealedSecret === null ? undefined : needs.vault.open(row.sealedSecret, places.oauthClient(row.id));
    const told = Details.parse(row.details).authentication;
    return {
      clientId: row.clientId,
      clientSecret,
      authentication: told ?? chooseAuthentication({ hasSecret: clientSecret !== undefined }),
    };
  }
}

/** The server a client's secret may be sent to: the host of the token endpoint, as the data writes it. */
export function serverOf(method: OAuth2Method): string {
  const address = method.tokenEndpoint ?? method.issuer ?? method.resource ?? "";
  return /^(?:https?:\/\/)?([^/?#]*)/.exec(address)?.[1]?.toLowerCase() ?? "";
}

/** Where the secret would go, as the data writes it; a blank in a name is written as `x`. */
function declaredHosts(method: OAuth2Method): string[] {
  const told = [
    method.tokenEndpoint,
    method.refreshEndpoint,
    method.revocationEndpoint,
    method.deviceAuthorizationEndpoint,
  ].filter((url) => url !== undefined);
  const all = told.length > 0 ? told : [method.issuer ?? method.resource ?? ""];
  return all.flatMap((url) =>
    url.split("||").map((each) => (/^\s*(?:https?:\/\/)?([^/?#]*)/.exec(each)?.[1] ?? "").replace(/\{[^}]*\}/g, "x")),
  );
}

type Row = typeof oauthClient.$inferSelect;

function usable(row: Row, method: OAuth2Method, redirectUri: string | undefined): boolean {
  // A later version of an integration may name another server: a secret entered for the old one does not go there.
  if (row.issuer !== null && row.issuer !== serverOf(method)) return false;
  if (row.registered !== "dynamic") return true;
  const details = Details.parse(row.details);
  if (details.endsAt !== undefined && new Date(details.endsAt).getTime() < Date.now()) return false;
  return redirectUri === undefined || details.redirectUri === redirectUri;
}

function finish(
  client: OAuthClient | PlatformClient,
  method: OAuth2Method,
  offered: string[] | undefined,
  source: FoundClient["source"],
): FoundClient {
  const { clientId, clientSecret } = client;
  const authentication =
    source === "dynamic" && "authentication" in client
      ? client.authentication
      : chooseAuthentication({ told: method.clientAuthentication, offered, hasSecret: clientSecret !== undefined });
  return { clientId, clientSecret, authentication, source };
}

function toEntry({ slug, clientId, sealedSecret, registered, createdAt }: Row): ClientEntry {
  return { slug, clientId, hasSecret: sealedSecret !== null, registered, createdAt };
}

const Details = z.object({
  authentication: z.enum(["client_secret_basic", "client_secret_post", "none", "private_key_jwt"]).optional(),
  redirectUri: z.string().optional(),
  endsAt: z.string().optional(),
});
