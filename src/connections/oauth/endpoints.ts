import type { OAuth2Method, UrlVariable } from "../../contract/auth-method.ts";
import { fill, fillUrl } from "../fill-template.ts";
import type { Values } from "../fill-template.ts";
import type { Discover } from "./discovery.ts";

/** An authorization server's addresses, variables resolved. */
export type Endpoints = {
  /** Known only when the data or discovery names it: then `iss` in the redirect must equal it (RFC 9207). */
  issuer?: string;
  issExpected: boolean;
  authorization?: string;
  /** Absent as long as a part of it is unknown: the redirect may bring it. */
  token?: string;
  refresh?: string;
  revocation?: string;
  device?: string;
  registration?: string;
  /** OpenID Connect's own address that names the account. */
  userinfo?: string;
  /** RFC 8707; told by the data, or the protected resource that was discovered. */
  resource?: string;
  /** Client authentication methods the server offers, by its metadata. */
  authentication?: string[];
  metadataDocuments: boolean;
};

/**
 * Resolves the endpoints of a sign-in: from the data, and where it leaves them out, from the server's own metadata.
 *
 * @throws Problem `input_invalid` for values that do not fit; `oauth_refused` when discovery finds nothing usable.
 */
export async function resolveEndpoints(
  discover: Discover,
  method: OAuth2Method,
  values: Values,
  variables: readonly UrlVariable[],
  integration: string,
): Promise<Endpoints> {
  const url = (template: string | undefined) =>
    template === undefined ? undefined : fillUrl(template, values, variables);
  const resource = method.resource && fill(method.resource, values);
  const issuer = method.issuer && fillUrl(method.issuer, values, variables);
  const told = {
    authorization: url(method.authorizationEndpoint),
    token: url(method.tokenEndpoint),
    revocation: url(method.revocationEndpoint),
    device: url(method.deviceAuthorizationEndpoint),
    registration: url(method.registrationEndpoint),
  };
  const needed =
    method.tokenEndpoint !== undefined &&
    (method.grant !== "authorization_code" || method.authorizationEndpoint !== undefined);
  const found = needed ? undefined : await discover({ issuer, resource, integration });

  const token = told.token ?? found?.token_endpoint;
  return {
    issuer: found?.issuer ?? issuer,
    issExpected: found?.authorization_response_iss_parameter_supported === true,
    authorization: told.authorization ?? found?.authorization_endpoint,
    token,
    refresh: url(method.refreshEndpoint) ?? token,
    revocation: told.revocation ?? found?.revocation_endpoint,
    device: told.device ?? found?.device_authorization_endpoint,
    registration: told.registration ?? found?.registration_endpoint,
    userinfo: found?.userinfo_endpoint,
    resource,
    authentication: found?.token_endpoint_auth_methods_supported,
    metadataDocuments:
      found?.["client_id_metadata_document_supported"] === true || method.clientRegistration === "metadata_document",
  };
}
