/**
 * What a sealed text is bound to: the one row it belongs to. The ids are unique across tenants, a setting's name is not, so
 * its place names the tenant.
 */
export const places = {
  credential: (connectionId: string, version: number) => `credential_version/${connectionId}/${version}`,
  oauthClient: (id: string) => `oauth_client/${id}`,
  oauthState: (id: string) => `oauth_state/${id}`,
  setting: (tenantId: string, name: string) => `sealed_setting/${tenantId}/${name}`,
  /** The value that shows at start whether a key is the right one. */
  probe: (keyId: string) => `vault_key/${keyId}`,
};
