import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { Problem } from "../contract/problem.ts";
import { Secret } from "../contract/secret.ts";

/**
 * Reads the settings, once: the only place that looks at the environment. `env.example` explains each.
 *
 * @throws Problem `settings_missing` naming the settings that are wrong, never their values; `settings_e2b_reach` where E2B's
 *   sandboxes would have to reach the gateway and cannot: what holds less is chosen by a person, never by leaving something out.
 */
export function readSettings(environment: Environment = environmentWithFile()): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = Shape.safeParse(given);
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map((issue) => `${issue.path.join(".")} (${issue.message})`));
    const areMissing = parsed.error.issues.every(({ path }) => given[path.join(".")] === undefined);
    throw new Problem("settings_missing", { names: [...names], areMissing });
  }
  const { DATA_DIR, ...rest } = parsed.data;
  const SANDBOX = rest.SANDBOX ?? (rest.E2B_API_KEY ? "e2b" : "local");
  // Run grants travel to it over the internet.
  if (SANDBOX === "e2b" && rest.CREDENTIAL_DELIVERY === "gateway" && !isReachable(rest.PUBLIC_URL))
    throw new Problem("settings_e2b_reach");
  return {
    ...rest,
    SANDBOX,
    DATA_DIR: DATA_DIR ? resolve(DATA_DIR) : defaultDataFolder,
    platformClient: (slug) => platformClient(given, slug),
    colour: !("NO_COLOR" in given) && environment["TERM"] !== "dumb",
    secret: (name) => (given[name] === undefined ? undefined : new Secret(given[name])),
  };
}

export type Environment = Record<string, string | undefined>;

export type Settings = Omit<z.infer<typeof Shape>, "DATA_DIR" | "SANDBOX"> & {
  DATA_DIR: string;
  SANDBOX: "local" | "e2b";
  /**
   * The OAuth client this server was started with for a service: `{SLUG}_CLIENT_ID`, `{SLUG}_CLIENT_SECRET`, and in
   * `{SLUG}_CLIENT_HOSTS` the hosts it is for; none named: those of the catalogue's entry.
   */
  platformClient(slug: string): { clientId: string; clientSecret?: Secret; hosts?: string[] } | undefined;
  colour: boolean;
  /** A secret a command was told to take from the environment (`--secret-from NAME`). */
  secret(name: string): Secret | undefined;
};

/** The project's top folder: `env.example`, `dist/`, `community/`. */
export const home = resolve(import.meta.dirname, "../..");

const installed = home.includes(`${join("/", "node_modules")}/`);
const defaultDataFolder = installed ? join(homedir(), ".patchbay") : join(home, ".data");

const secret = z.string().transform((text) => new Secret(text));
const url = z.url({ protocol: /^https?$/, error: "must be an http(s) address" });

const Shape = z
  .object({
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
      .transform((text) => new Secret(text))
      .optional(),
    DATABASE_OWNER_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
      .transform((text) => new Secret(text))
      .optional(),
    DATA_DIR: z.string().optional(),
    PORT: z.coerce.number("must be a number").int().min(0).max(65_535).default(4800),
    HOST: z.string().default("127.0.0.1"),
    PUBLIC_URL: url.transform((text) => text.replace(/\/+$/, "")).optional(),
    VAULT_KEYS: z
      .string()
      .regex(/^[^:,\s]+:[^:,\s]+(,[^:,\s]+:[^:,\s]+)*$/, "must look like id:base64key")
      .transform((text) => new Secret(text))
      .optional(),
    ANTHROPIC_API_KEY: secret.optional(),
    ANTHROPIC_BASE_URL: url.optional(),
    ANTHROPIC_MODEL: z.string().optional(),
    WEB_SEARCH: z.enum(["auto", "on", "off"], "must be auto, on or off").default("auto"),
    BUILD_TOKEN_BUDGET: z.coerce.number("must be a number").int().min(1_000).default(200_000),
    ALLOW_PRIVATE_HOSTS: z
      .string()
      .default("")
      .transform((text) => text.split(/[\s,]+/).filter(Boolean)),
    COMMUNITY_REPO: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+(?:@[0-9a-f]{40})?$/, "must look like owner/name, or owner/name@commit")
      .transform((text) => {
        const [repository = "", commit] = text.split("@");
        const [owner = "", name = ""] = repository.split("/");
        return { owner, name, ...(commit ? { commit } : {}) };
      })
      .optional(),
    COMMUNITY_GITHUB_TOKEN: secret.optional(),
    COMMUNITY_WEBHOOK_SECRET: secret.optional(),
    COMMUNITY_GITHUB_URL: url.transform((text) => text.replace(/\/+$/, "")).default("https://api.github.com"),
    SANDBOX: z.enum(["local", "e2b"], "must be local or e2b").optional(),
    E2B_API_KEY: secret.optional(),
    E2B_TEMPLATE: z.string().default("patchbay"),
    E2B_API_URL: url.optional(),
    E2B_SANDBOX_URL: url.optional(),
    CREDENTIAL_DELIVERY: z.enum(["gateway", "env"], "must be gateway or env").default("gateway"),
    PRACTICE_TOKEN_SECONDS: z.coerce.number("must be a number").int().min(1).max(86_400).default(60),
    PRACTICE_PORT: z.coerce.number("must be a number").int().min(0).max(65_535).optional(),
  })
  .superRefine((given, context) => {
    if (given.DATABASE_URL && !given.VAULT_KEYS) {
      context.addIssue({ code: "custom", path: ["VAULT_KEYS"], message: "is needed with DATABASE_URL" });
    }
    if ((given.COMMUNITY_GITHUB_TOKEN || given.COMMUNITY_WEBHOOK_SECRET) && !given.COMMUNITY_REPO) {
      context.addIssue({
        code: "custom",
        path: ["COMMUNITY_REPO"],
        message: "is needed with a community token or secret",
      });
    }
    const isE2b = (given.SANDBOX ?? (given.E2B_API_KEY && "e2b")) === "e2b";
    if (isE2b && !given.E2B_API_KEY) {
      context.addIssue({ code: "custom", path: ["E2B_API_KEY"], message: "is needed with SANDBOX=e2b" });
    }
    if (!isE2b && given.CREDENTIAL_DELIVERY === "env") {
      const message = "env is for E2B's sandboxes; the local one reaches the gateway always";
      context.addIssue({ code: "custom", path: ["CREDENTIAL_DELIVERY"], message });
    }
  });

/** On loopback only what is on this machine too: a stand-in for E2B, to try things out. */
function isReachable(publicUrl: string | undefined): boolean {
  const { protocol, hostname } = new URL(publicUrl ?? "http://none");
  return protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1";
}

function platformClient(given: Environment, slug: string) {
  const name = slug.toUpperCase().replaceAll("-", "_");
  const clientId = given[`${name}_CLIENT_ID`];
  const clientSecret = given[`${name}_CLIENT_SECRET`];
  const hosts = given[`${name}_CLIENT_HOSTS`]?.split(/[\s,]+/).filter(Boolean);
  return clientId === undefined
    ? undefined
    : { clientId, clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret), hosts };
}

/** What the environment says of the sandbox alone: for what starts from the defaults in all else. */
export function sandboxEnvironment(environment: Environment = environmentWithFile()): Environment {
  const names = [
    "SANDBOX",
    "E2B_API_KEY",
    "E2B_TEMPLATE",
    "E2B_API_URL",
    "E2B_SANDBOX_URL",
    "CREDENTIAL_DELIVERY",
    "PUBLIC_URL",
    "PORT",
  ];
  const isE2b =
    environment["SANDBOX"] === "e2b" || (environment["SANDBOX"] === undefined && environment["E2B_API_KEY"]);
  return isE2b ? Object.fromEntries(names.map((name) => [name, environment[name]])) : {};
}

/** The environment, with the project's own `.env` for what it leaves out. A `.env` in some other folder is never read. */
function environmentWithFile(): Environment {
  const file = join(home, ".env");
  if (existsSync(file)) process.loadEnvFile(file);
  return process.env;
}
