import { describe, expect, it } from "vitest";
import { AuthMethod } from "../contract/auth-method.ts";
import { Secret } from "../contract/secret.ts";
import type { Placement } from "../gateway/place.ts";
import type { Credential } from "./credential.ts";
import { placementsOf } from "./placements.ts";

const shown = (placements: Placement[]) => placements.map(({ place, secret }) => [place, secret.reveal()]);
const credential = (more: Partial<Credential>): Credential => ({ methodId: "m", secrets: {}, ...more });

describe("placementsOf", () => {
  it("puts several secrets where each belongs, one of them in two places, and what is fixed beside them", () => {
    const method = AuthMethod.parse({
      type: "api_key",
      id: "m",
      fields: [
        {
          name: "key",
          label: "Key",
          places: [
            { in: "query", name: "key" },
            { in: "header", name: "X-Key" },
          ],
        },
        { name: "token", label: "Token", places: [{ in: "body", name: "auth.token" }] },
        { name: "password", label: "Password", places: [{ in: "basic_password" }], fixed: "x" },
        { name: "extra", label: "Extra", places: [{ in: "cookie", name: "extra" }], optional: true },
      ],
    });
    expect(
      shown(placementsOf(method, credential({ secrets: { key: new Secret("k"), token: new Secret("t") } }), {})),
    ).toEqual([
      [{ in: "query", name: "key" }, "k"],
      [{ in: "header", name: "X-Key" }, "k"],
      [{ in: "body", name: "auth.token" }, "t"],
      [{ in: "basic_password" }, "x"],
    ]);
  });

  it("adds the headers a service wants beside the token, and marks as secret only what is one", () => {
    const method = AuthMethod.parse({
      type: "oauth2",
      id: "m",
      place: { in: "header", name: "X-Auth-Token" },
      requestHeaders: {
        "Client-Id": "{client_id}",
        "X-Api-Key": "{client_id}:{client_secret}",
        Accept: "application/json",
        "X-Company": "{company}",
        "X-Site": "{unknown}",
      },
    });
    const client = { clientId: "id", clientSecret: new Secret("s") };
    expect(
      shown(placementsOf(method, credential({ accessToken: new Secret("a"), client }), { company: "acme" })),
    ).toEqual([
      [{ in: "header", name: "X-Auth-Token" }, "a"],
      [{ in: "header", name: "Client-Id", template: "id" }, ""],
      [{ in: "header", name: "X-Api-Key", template: "id:{secret}" }, "s"],
      [{ in: "header", name: "Accept", template: "application/json" }, ""],
      [{ in: "header", name: "X-Company", template: "acme" }, ""],
    ]);
  });
});
