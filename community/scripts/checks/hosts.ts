import { type Fault, lineOf } from "./fault.ts";
import { isPrivateHost } from "./private-host.ts";

type Config = {
  slug: string;
  name: string;
  baseUrl: string;
  docsUrl?: string;
  hosts: string[];
  auth: unknown[];
  variables?: { name: string; options?: string[] }[];
};

/** What the maintainers know: domains of services, which of them have one owner, and foreign hosts a service needs. */
export type Known = {
  domains: string[];
  /** Services whose names are not in their domain, each with the domain. */
  names: Record<string, string>;
  owners: string[][];
  extra: Record<string, string[]>;
};

/**
 * Where a contribution reaches, and where it sends people: every host belongs to the service's own domain or its
 * documentation's, unless a maintainer has named it; none looks like another's.
 */
export function hostFaults(config: Config, source: string, known: Known): Fault[] {
  const faults: Fault[] = [];
  const refuse = (needle: string, text: string) =>
    faults.push({ file: "config.json", line: lineOf(source, needle), text });
  const base = hostOf(config.baseUrl);
  if (!base)
    return [
      {
        file: "config.json",
        line: lineOf(source, '"baseUrl"'),
        text: "baseUrl must be an https address without user, port or `\\`",
      },
    ];
  const family = new Set(familyOf(config, known));
  const allowed = new Set(known.extra[config.slug] ?? []);
  const judge = (host: string, needle: string) => {
    if (!/^[a-z0-9.{}_-]+$/i.test(host) || /xn--/.test(host)) refuse(needle, `${host} is not a plain host name`);
    else if (isPrivateHost(host)) refuse(needle, `${host} is not a public host`);
    else if (collectors.test(host)) refuse(needle, `${host} collects whatever is sent to it`);
    else if (!family.has(domainOf(host)) && !allowed.has(host))
      refuse(needle, `${host} does not belong to the service (${[...family].join(", ")})`);
    // Two that are known may be a letter apart; whatever else is, wants to be taken for one of them.
    const isKnown = known.domains.includes(domainOf(host));
    const twin = isKnown ? undefined : known.domains.find((one) => looksLike(domainOf(host), one));
    if (twin) refuse(needle, `${host} looks like ${twin} but is not`);
  };
  if (!config.hosts.includes(base)) refuse('"hosts"', `hosts must name ${base}`);
  for (const host of config.hosts) judge(host, `"${host}"`);
  for (const region of config.variables?.flatMap((one) => one.options ?? []) ?? [])
    if (region.includes(".")) judge(region, `"${region}"`);
  for (const url of addresses(config.auth)) {
    const host = hostOf(url);
    if (!host) refuse(url, `${url} must be an https address`);
    else judge(host, url);
  }
  return [...faults, ...nameFaults(config, source, known)];
}

/** A service everybody knows is at its own domain: whatever goes by its name elsewhere is refused, wherever its documentation is. */
function nameFaults(config: Config, source: string, known: Known): Fault[] {
  const line = lineOf(source, '"name"');
  const mixed = config.name
    .split(/\s+/)
    .find((word) => /\p{Script=Latin}/u.test(word) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word));
  if (mixed) return [{ file: "config.json", line, text: `"${mixed}" mixes letters of several alphabets` }];
  const services = [
    ...known.domains.map((one) => [one.split(".")[0] ?? "", one] as const),
    ...Object.entries(known.names),
  ];
  for (const [key, said] of [
    ["name", config.name],
    ["slug", config.slug],
  ] as const) {
    const domains = services.flatMap(([name, domain]) => (bareName(name) === bareName(said) ? [domain] : []));
    if (domains.length === 0) continue;
    const own = new Set([
      ...domains,
      ...known.owners.filter((some) => some.some((one) => domains.includes(one))).flat(),
    ]);
    const foreign = config.hosts.find(
      (host) => !own.has(domainOf(host)) && !(known.extra[config.slug] ?? []).includes(host) && !/^\{\w+\}$/.test(host),
    );
    if (foreign)
      return [
        {
          file: "config.json",
          line: lineOf(source, `"${key}"`),
          text: `"${said}" is the name of ${domains.join(" and ")}, but it would reach ${foreign}`,
        },
      ];
  }
  return [];
}

/** `Todoist API (official)`, `t0doist-v2`, `Todo-ist` -> the same. */
function bareName(name: string): string {
  const kept = name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => !/^(?:the|api|apis|rest|official|app|cloud|inc|com|io|new|pro|v\d+)$/.test(word));
  return folded(kept.join(""));
}

/** The domains of a service: of its addresses, its documentation, the regions to choose from, and their owner's others. */
export function familyOf(config: Pick<Config, "baseUrl" | "docsUrl" | "variables">, known: Known): string[] {
  const addresses = [config.baseUrl, config.docsUrl ?? ""].flatMap((url) => hostOf(url) ?? []);
  const whole = /^\{(\w+)\}$/.exec(addresses[0] ?? "")?.[1];
  const regions = config.variables?.find((one) => one.name === whole)?.options ?? [];
  const own = [...addresses, ...regions].map(domainOf);
  return [...own, ...known.owners.filter((some) => some.some((one) => own.includes(one))).flat()];
}

/** The host of an https address; undefined when there is none or it could be read in two ways. */
export function hostOf(url: string): string | undefined {
  return /^https:\/\/([^/?#@\\:\s]+)(?:[/?#][^\s\\]*)?$/.exec(url)?.[1]?.toLowerCase();
}

/** `api.example.com` -> `example.com`; `{shop}.example.com` likewise; `{host}` stays. */
export function domainOf(host: string): string {
  const labels = host.split(".");
  const short = /^(?:co|com|org|net|gov|ac)$/.test(labels.at(-2) ?? "") && (labels.at(-1)?.length ?? 0) === 2;
  return labels.slice(short ? -3 : -2).join(".");
}

function* addresses(value: unknown): Generator<string> {
  if (typeof value === "string" && /^[a-z]+:\/\//i.test(value)) yield* value.split(" || ");
  else if (typeof value === "object" && value !== null)
    for (const [key, one] of Object.entries(value)) {
      // Scopes are names that merely look like addresses.
      if (!/^(?:scopes|availableScopes)$/.test(key)) yield* addresses(one);
    }
}

const collectors =
  /(?:webhook\.site|requestbin|ngrok|pipedream\.net|beeceptor|interact\.sh|oast\.|burpcollaborator|trycloudflare|workers\.dev|pages\.dev|hookdeck|mockbin|duckdns|no-ip|serveo|localtunnel|loca\.lt|glitch\.me|herokuapp|vercel\.app|netlify\.app)/i;

/** One letter off, or the same once look-alikes are folded and dashes dropped. */
function looksLike(a: string, b: string): boolean {
  const [nameA = "", nameB = ""] = [a.split(".")[0], b.split(".")[0]];
  if (nameB.length < 4 || a.includes("{")) return false;
  if (nameA === nameB) return a !== b;
  if (folded(nameA) === folded(nameB)) return true;
  if (nameB.length < 5 || Math.abs(nameA.length - nameB.length) > 1) return false;
  let same = 0;
  while (same < nameA.length && nameA[same] === nameB[same]) same += 1;
  const [restA, restB] = [nameA.slice(same), nameB.slice(same)];
  return (
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}

/** What looks alike becomes alike. */
function folded(name: string): string {
  return name
    .replace(/[-_]/g, "")
    .replace(/rn/g, "m")
    .replace(/vv/g, "w")
    .replace(/[0135]/g, (one) => ({ 0: "o", 1: "l", 3: "e", 5: "s" })[one] ?? one)
    .replace(/i/g, "l");
}
