import { domainOf, hostOf, type Known } from "../checks/hosts.ts";
import type { Config } from "./config.ts";
import { code, escaped } from "./markdown.ts";

/** Where an integration reaches and sends people, by registrable domain, and what the maintainers' list says of it. */
export type Where = {
  api: string[];
  signIn: string[];
  documentation: string[];
  /** Domains of further hosts, sign-in or documentation that share neither domain nor known owner with the base address. */
  apart: string[];
  /** A known service this one is named after, and the domains that are not known to be that one's. */
  borrowed: { from: string; strange: string[] } | undefined;
  isListed: boolean;
};

export function whereOf(config: Config, known: Known): Where {
  const domains = (hosts: (string | undefined)[]) =>
    [...new Set(hosts.flatMap((host) => (host === undefined ? [] : standsFor(host, config))).map(domainOf))].sort();
  const api = domains([hostOf(config.baseUrl), ...config.hosts]);
  const signIn = domains(addresses(config.auth).map(([, url]) => hostOf(url)));
  const documentation = domains([hostOf(config.docsUrl ?? "")]);
  const ownersOf = (domain: string) => [domain, ...known.owners.filter((some) => some.includes(domain)).flat()];
  const base = domains([hostOf(config.baseUrl)]);
  const extra = (known.extra[config.slug] ?? []).map(domainOf);
  const own = new Set([...base.flatMap(ownersOf), ...extra]);
  const listed = new Set([...known.domains, ...known.owners.flat(), ...extra]);
  const from = known.domains.find((domain) => isNamedAfter(config, base, domain));
  const strange = [...new Set([...base, ...signIn])].filter((domain) => !listed.has(domain));
  return {
    api,
    signIn,
    documentation,
    apart: [...api, ...signIn, ...documentation].filter(
      (domain, at, all) => !own.has(domain) && all.indexOf(domain) === at,
    ),
    borrowed: from !== undefined && strange.length > 0 ? { from, strange } : undefined,
    isListed: api.every((domain) => listed.has(domain)),
  };
}

/** Whether the three are one, and whether a maintainer has listed them, in one sentence each. */
export function ownerSentence(config: Config, where: Where): string {
  const { api, signIn, documentation, apart } = where;
  const list = (some: string[]) => (some.length > 0 ? some.map(code).join(", ") : "none");
  const all = new Set([...api, ...signIn, ...documentation]);
  const together =
    all.size === 1
      ? `API, ${signIn.length > 0 ? "sign-in" : "(no sign-in address)"} and documentation share one registrable domain, ${list([...all])}${where.isListed ? "" : ": whoever owns it made all three, so that proves nothing"}.`
      : `API at ${list(api)}, sign-in at ${list(signIn)}, documentation at ${list(documentation)}: ${apart.length === 0 ? "one owner by `known-hosts.json`" : `**${list(apart)} ${apart.length === 1 ? "stands" : "stand"} apart**`}.`;
  const listed =
    where.borrowed !== undefined
      ? `\`known-hosts.json\` knows such a name at **${code(where.borrowed.from)}**, not at ${list(where.borrowed.strange)}.`
      : where.isListed
        ? `\`known-hosts.json\` lists ${list(api)}.`
        : `**\`known-hosts.json\` does not list ${list(api)}**: nobody has said yet that ${api.length === 1 ? "it is" : "they are"} ${escaped(config.name)}'s.`;
  return `${together} ${listed}`;
}

/** Every address of the sign-in, with what it is for. */
export function addresses(value: unknown, key = ""): [string, string][] {
  if (typeof value === "string" && value.startsWith("https://") && /(?:Endpoint|url|Url)$/.test(key))
    return value.split(" || ").map((url) => [key, url]);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([inner, one]) => addresses(one, Array.isArray(value) ? key : inner));
}

/** A host a person chooses stands for those it may be, or the one it is unless they say so. */
function standsFor(host: string, { variables }: Config): string[] {
  const variable = variables?.find(({ name }) => host === `{${name.toLowerCase()}}` || host === `{${name}}`);
  if (!variable) return [host];
  const some = [...(variable.options ?? []), variable.default ?? ""].filter((one) => one.includes("."));
  return some.length > 0 ? some : [host];
}

/** "Todoist Tasks" is named after todoist.com, as todoist-tasks.com is: by a word of its name, or by a long name within it. */
function isNamedAfter({ name, slug }: Config, at: string[], domain: string): boolean {
  const label = (domain.split(".")[0] ?? "").replaceAll("-", "");
  const own = [name, slug, ...at.map((one) => one.split(".")[0] ?? "")].map((one) => one.toLowerCase());
  const words = own.flatMap((one) => one.split(/[^a-z0-9]+/));
  const whole = own.map((one) => one.replace(/[^a-z0-9]/g, ""));
  return words.includes(label) || (label.length >= 6 && whole.some((one) => one.includes(label)));
}
