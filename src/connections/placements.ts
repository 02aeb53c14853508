import type { AuthMethod } from "../contract/auth-method.ts";
import { secretFields } from "../contract/auth-method.ts";
import { Secret } from "../contract/secret.ts";
import type { Placement } from "../gateway/place.ts";
import type { Credential } from "./credential.ts";
import { fill, names } from "./fill-template.ts";
import type { Values } from "./fill-template.ts";

/** Where the secrets of a credential go in each request, as its auth method says. */
export function placementsOf(method: AuthMethod, credential: Credential, values: Values): Placement[] {
  if (method.type !== "oauth2") {
    return secretFields(method).flatMap((field) => {
      const secret =
        credential.secrets[field.name] ?? (field.fixed === undefined ? undefined : new Secret(field.fixed));
      return secret === undefined ? [] : field.places.map((place) => ({ place, secret }));
    });
  }
  if (credential.accessToken === undefined) return [];
  const place = method.place ?? { in: "header" as const, name: "Authorization", template: "Bearer {secret}" };
  return [
    { place, secret: credential.accessToken },
    ...Object.entries(method.requestHeaders ?? {}).flatMap(([name, template]) =>
      header(name, template, credential, values),
    ),
  ];
}

/** A header around at most one secret. One that holds none is given as template alone, for only secrets are redacted. */
function header(name: string, template: string, { accessToken, client }: Credential, values: Values): Placement[] {
  const secrets = { access_token: accessToken, client_secret: client?.clientSecret };
  const known: Values = { ...values, ...(client ? { client_id: client.clientId } : {}) };
  const marked = Object.fromEntries(
    Object.entries(secrets).flatMap(([each, secret]) => (secret ? [[each, `\u0000${each}\u0000`]] : [])),
  );
  const filled = fill(template, { ...known, ...marked });
  if (filled === undefined) return [];

  const used = Object.entries(secrets).filter(
    ([each]) => names(template).includes(each) && filled.includes(`\u0000${each}\u0000`),
  );
  const [first] = used;
  if (first?.[1] === undefined) return [{ place: { in: "header", name, template: filled }, secret: new Secret("") }];
  if (used.length === 1) {
    return [
      {
        place: { in: "header", name, template: filled.replaceAll(`\u0000${first[0]}\u0000`, "{secret}") },
        secret: first[1],
      },
    ];
  }
  const whole = used.reduce(
    (text, [each, secret]) => text.replaceAll(`\u0000${each}\u0000`, secret?.reveal() ?? ""),
    filled,
  );
  return [{ place: { in: "header", name }, secret: new Secret(whole) }];
}
