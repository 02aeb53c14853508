import type { ClientMetadata } from "oidc-provider";
import type { Derive } from "./keys.ts";

/** Clients that are registered from the start, and how the authorization server knows them. */
export type RegisteredClients = {
  confidential: { clientId: string; clientSecret: string };
  public: { clientId: string };
};

export function registeredClients(derive: Derive): RegisteredClients {
  const clientId = "practice-confidential";
  return {
    confidential: { clientId, clientSecret: derive.clientSecret(clientId) },
    public: { clientId: "practice-public" },
  };
}

export function clientMetadata(clients: RegisteredClients, redirectUris: string[]): ClientMetadata[] {
  const metadata = {
    client_name: "Patchbay",
    redirect_uris: redirectUris,
    application_type: applicationType(redirectUris),
  };
  return [
    { ...metadata, client_id: clients.confidential.clientId, client_secret: clients.confidential.clientSecret },
    { ...metadata, client_id: clients.public.clientId, token_endpoint_auth_method: "none" },
  ];
}

/** A native client may use any loopback port (RFC 8252 §7.3); what is not on loopback must match exactly. */
function applicationType(redirectUris: string[]): "native" | "web" {
  return redirectUris.every((uri) => ["127.0.0.1", "localhost", "[::1]"].includes(new URL(uri).hostname))
    ? "native"
    : "web";
}
