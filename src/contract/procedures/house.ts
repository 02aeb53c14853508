import { oc } from "@orpc/contract";
import { z } from "zod";
import { Id, Nothing, SecretText } from "./shapes.ts";

const route = { tags: ["House"] };

const ModelSetting = z.object({
  source: z.enum(["none", "environment", "page"]).describe("none: the guided model answers"),
  name: z.string(),
  baseUrl: z.string().optional(),
});

export const Me = z.object({
  person: z.object({ id: z.string(), name: z.string(), email: z.string().nullable(), role: z.string() }),
  tenant: z.object({ id: z.string(), name: z.string() }),
  version: z.string(),
});

export const Settings = z.object({
  publicUrl: z.string(),
  redirectUri: z.string(),
  database: z.enum(["pglite", "postgres"]),
  sandbox: z.enum(["local", "e2b"]),
  credentialDelivery: z
    .enum(["gateway", "env"])
    .describe("gateway: tools never hold a credential; env: they get it themselves, which holds less"),
  /** What holds less than usual as this server is set up, in sentences for whoever uses it. */
  weaker: z.array(z.string()),
  model: ModelSetting,
  /** The service to practise on; null when it does not run. */
  practice: z.object({ url: z.string(), documentUrl: z.string(), docsUrl: z.string() }).nullable(),
});
export type Settings = z.infer<typeof Settings>;

export const me = oc.route({ ...route, method: "GET", path: "/me", summary: "Who I am here" }).output(Me);

export const settings = {
  get: oc
    .route({ ...route, method: "GET", path: "/settings", summary: "How this Patchbay is set up" })
    .output(Settings),

  setModel: oc
    .route({
      ...route,
      method: "PUT",
      path: "/settings/model",
      summary: "Set the language model's key",
      description: "The key is tried once, then sealed in the vault. It is never shown again.",
    })
    .input(
      z.object({
        key: SecretText,
        name: z.string().trim().min(1).max(200).optional(),
        baseUrl: z
          .url({ protocol: /^https?$/ })
          .max(500)
          .optional(),
      }),
    )
    .output(ModelSetting),

  removeModel: oc
    .route({ ...route, method: "DELETE", path: "/settings/model", summary: "Remove the model key set on the page" })
    .output(ModelSetting),
};

const ApiKey = z.object({
  id: z.string(),
  label: z.string(),
  createdAt: z.date(),
  usedAt: z.date().nullable(),
});

/** Keys for scripts and other programs: `Authorization: Bearer pbk_…`. */
export const keys = {
  list: oc.route({ ...route, method: "GET", path: "/keys", summary: "My API keys" }).output(z.array(ApiKey)),

  create: oc
    .route({ ...route, method: "POST", path: "/keys", summary: "Make an API key", description: "Shown this once." })
    .input(
      z.object({
        label: z
          .string()
          .trim()
          .min(1)
          .max(100)
          .meta({ examples: ["nightly script"] }),
      }),
    )
    .output(ApiKey.extend({ key: z.string() })),

  revoke: oc
    .route({
      ...route,
      method: "DELETE",
      path: "/keys/{id}",
      summary: "Revoke an API key",
      description: "Sign-in links it made, and the browsers they signed in, are signed out with it.",
    })
    .input(z.object({ id: Id }))
    .output(Nothing),
};

export const sessions = {
  link: oc
    .route({ ...route, method: "POST", path: "/sign-in-link", summary: "Make a one-time sign-in link" })
    .output(z.object({ url: z.string(), expiresAt: z.date() })),

  end: oc.route({ ...route, method: "POST", path: "/sign-out", summary: "Sign this browser out" }).output(Nothing),
};
