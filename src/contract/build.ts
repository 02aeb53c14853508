import { z } from "zod";
import { AuthMethod, secretFields, UrlVariable } from "./auth-method.ts";
import { BaseUrl, Slug } from "./integration.ts";
import { showHidden } from "./marked-data.ts";

/** What a tool will be, before any of it is written. Comes from a model that read docs: nothing of it holds without a yes. */
export const BuildFacts = z.strictObject({
  slug: Slug,
  name: z.string().trim().min(1).max(120),
  description: z.string().max(500).default(""),
  base_url: BaseUrl,
  /** Beside the host of the base URL. */
  more_hosts: z.array(z.string().min(1).max(255)).max(9).default([]),
  variables: z.array(UrlVariable).max(20).default([]),
  auth: z.array(AuthMethod).min(1).max(5),
  docs_url: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
});
export type BuildFacts = z.infer<typeof BuildFacts>;

/** The question "Ready to build?", with everything a yes allows. */
export const BuildCard = z.object({
  buildId: z.string(),
  name: z.string(),
  slug: z.string(),
  description: z.string(),
  /** Calls go to these hosts, and to no other. */
  hosts: z.array(z.string()),
  baseUrl: z.string(),
  /** Which docs it is made from. */
  docs: z.object({ url: z.string(), pages: z.number() }),
  variables: z.array(z.string()),
  methods: z.array(
    z.object({
      label: z.string(),
      type: z.string(),
      /** What the person will enter or agree to, and where it is sent, one thing a line. */
      lines: z.array(z.string()),
      scopes: z.array(z.string()),
      /** To be registered at the service. */
      redirectUri: z.string().optional(),
      steps: z.array(z.string()),
    }),
  ),
  /** Every host that the sign-in names, beside those for calls. */
  signInHosts: z.array(z.string()),
});
export type BuildCard = z.infer<typeof BuildCard>;

export const BuildAnswer = z.enum(["yes", "no"]);
export type BuildAnswer = z.infer<typeof BuildAnswer>;

/** `https://{site}.a.example:8443/x` -> `{site}.a.example:8443` */
export function hostOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#@\\\s]+)(?:[/?#]|$)/i.exec(url)?.[1]?.toLowerCase();
}

/** The hosts a yes to these facts allows. */
export function hostsOf({ base_url: baseUrl, more_hosts: more }: BuildFacts): string[] {
  return [...new Set([hostOf(baseUrl) ?? "", ...more.map((host) => host.toLowerCase())])].filter((host) => host !== "");
}

/** Draws the card from the facts alone: what is confirmed is what was shown. */
export function buildCard(
  facts: BuildFacts,
  about: { buildId: string; docs: BuildCard["docs"]; redirectUri: string },
): BuildCard {
  const hosts = hostsOf(facts);
  const named = [...JSON.stringify(facts.auth).matchAll(/\b[a-z][a-z0-9+.-]*:\/\/([^/?#"\\\s]+)/gi)].map(
    ([, host = ""]) => host.toLowerCase(),
  );
  const card: BuildCard = {
    ...about,
    name: facts.name,
    slug: facts.slug,
    description: facts.description,
    hosts,
    baseUrl: facts.base_url,
    variables: [...facts.variables, ...facts.auth.flatMap((method) => method.variables)].map(
      ({ name, label }) => label ?? name,
    ),
    methods: facts.auth.map((method) => shownMethod(method, about.redirectUri)),
    signInHosts: [...new Set(named)].filter((host) => !hosts.includes(host)),
  };
  return BuildCard.parse(
    JSON.parse(JSON.stringify(card), (_, value: unknown) => (typeof value === "string" ? showHidden(value) : value)),
  );
}

function shownMethod(method: AuthMethod, redirectUri: string): BuildCard["methods"][number] {
  const label =
    method.label ??
    {
      oauth2: "Sign in there (OAuth)",
      api_key: "API key",
      bearer_token: "Token",
      basic: "User name and password",
      none: "No sign-in",
    }[method.type];
  if (method.type !== "oauth2") {
    const lines = secretFields(method).map(
      ({ label: field, places, fixed }) =>
        `${fixed === undefined ? field : `"${fixed}" (fixed)`}, sent as ${places.map(placeOf).join(" and ")}`,
    );
    return { label, type: method.type, lines, scopes: [], steps: method.help ? [method.help] : [] };
  }
  const named: [string, string | undefined][] = [
    ["sign-in page", method.authorizationEndpoint],
    ["tokens from", method.tokenEndpoint],
    ["found through", method.authorizationEndpoint ? undefined : (method.issuer ?? method.resource)],
    ["renewed at", method.refreshEndpoint ?? method.tokenEndpoint],
    ["ended at", method.revocationEndpoint],
    ["account named by", method.identity?.url],
  ];
  const lines = named.flatMap(([what, url]) => (url ? [`${what} ${url}`] : []));
  return {
    label,
    type: method.grant === "authorization_code" ? "oauth2" : `oauth2, ${method.grant}`,
    lines,
    scopes: method.scopes,
    ...(method.grant === "authorization_code" ? { redirectUri } : {}),
    steps: [
      ...(method.setup?.createUrl ? [`Register at ${method.setup.createUrl}`] : []),
      ...(method.setup?.steps ?? []),
    ],
  };
}

type AnyPlace = ReturnType<typeof secretFields>[number]["places"][number];

function placeOf(place: AnyPlace): string {
  if (place.in === "basic_user") return "the user name";
  if (place.in === "basic_password") return "the password";
  const template = "template" in place && place.template ? ` "${place.template.replace("{secret}", "…")}"` : "";
  return `${place.in} ${place.name}${template}`;
}

/** The card in lines of text, for the terminal. */
export function buildCardLines(card: BuildCard): string[] {
  return [
    `${card.name}${card.description ? `: ${card.description}` : ""}`,
    `calls go to ${card.hosts.join(", ")} only (${card.baseUrl})`,
    ...card.methods.flatMap((method) => [
      `${method.label} (${method.type})`,
      ...method.lines.map((line) => `  ${line}`),
      ...(method.scopes.length > 0 ? [`  scopes: ${method.scopes.join(" ")}`] : []),
      ...(method.redirectUri ? [`  redirect URI to register: ${method.redirectUri}`] : []),
      ...method.steps.map((step) => `  - ${step}`),
    ]),
    ...(card.signInHosts.length > 0 ? [`the sign-in also names ${card.signInHosts.join(", ")}`] : []),
    ...(card.variables.length > 0 ? [`you will be asked for: ${card.variables.join(", ")}`] : []),
    `made from ${card.docs.pages} page${card.docs.pages === 1 ? "" : "s"} at ${card.docs.url}`,
  ];
}
