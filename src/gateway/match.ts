import type { Access } from "../contract/access.ts";
import type { RequestRule } from "../contract/integration.ts";
import { parametersOf } from "./draft.ts";
import { type GraphqlRequest, judgeGraphql } from "./graphql.ts";
import { readHost } from "./host.ts";

/** Which operation a request is. */
export type Judgement = {
  /** For the person: an operation's name, or method and path when it is in no list. */
  operation: string;
  /** Every operation this request may be; a policy against one of them is against the request. */
  operations: string[];
  access: Access;
  /** False: in no list, or readable in two ways. */
  listed: boolean;
};

export type Judged = { method: string; host: string; path: string; query: string; graphql?: () => GraphqlRequest };

/** Matches requests against the request table of one integration version. Built once for each. */
export type Matcher = {
  judge(request: Judged): Judgement;
  /** The scheme a rule names for this host. */
  schemeOf(host: string): "http:" | "https:" | undefined;
};

type Rule = {
  operation: string;
  access: Access;
  method: string;
  query: [string, string][];
  graphql: RequestRule["graphql"];
};
/** `{name}.{format}`: the texts around the parameters, in small letters. */
type Pattern = { texts: string[]; weight: number; node: Node };
type Node = {
  /** By lower case; several when they differ in case only. */
  literals: Map<string, { text: string; node: Node }[]>;
  patterns: Pattern[];
  parameter: Node | undefined;
  /** `{+path}`: the rest, slashes included. */
  rest: Node | undefined;
  rules: Rule[];
};

/**
 * Whether a rule that calls itself a read is believed: GET and HEAD are; of the others those that a GraphQL document tells to be
 * a query, and a POST of which somebody said so.
 */
function isRead({ access, method, graphql, confirmed }: RequestRule): boolean {
  if (access !== "read") return false;
  if (method === "GET" || method === "HEAD") return true;
  return (method === "POST" || method === "QUERY") && (confirmed === true || graphql?.type === "query");
}

/**
 * A literal goes before a pattern, a pattern before a parameter. When the request could be read differently by a service that
 * is careless with case, escapes, encoded slashes, `;parameters` or what stands after a dot, and that reading is a write (or no
 * operation at all), the request counts as unlisted: a write.
 */
export function compileRules(rules: RequestRule[]): Matcher {
  const hosts = new Map<string, Node>();
  const schemes = new Map<string, "http:" | "https:">();
  let asksQuery = false; // some rule is told by its query
  for (const rule of rules) {
    const parts = /^(https?):\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?/.exec(rule.url);
    if (!parts?.[2]) continue; // a rule nobody can read matches nothing
    const host = canonical(parts[2]);
    if (host === undefined) continue;
    schemes.set(host, parts[1] === "http" ? "http:" : "https:");
    const root = hosts.get(host) ?? emptyNode();
    hosts.set(host, root);
    asksQuery ||= parts[4] !== undefined;
    const node = segmentsOf(parts[3] || "/").reduce(grow, root);
    node.rules.push({
      operation: rule.operation,
      access: isRead(rule) ? "read" : "write",
      method: rule.method,
      query: pairsOf(parts[4] ?? ""),
      graphql: rule.graphql,
    });
  }

  return {
    schemeOf: (host) => schemes.get(host),
    judge: (request) => {
      const root = hosts.get(request.host);
      if (!root) return unlisted(request);
      const query = asksQuery ? parametersOf(request.query) : [];
      const segments = segmentsOf(request.path);
      const search = (segments: string[], loose: boolean) =>
        find(root, 0, { segments, method: request.method, query, loose, dead: new Map() });
      const found = search(segments.map(decoded), false);
      if (found.length === 0) return unlisted(request);
      const judgement = judgementOf(found, request.graphql) ?? unlisted(request);
      if (judgement.access === "write") return judgement;
      for (const reading of otherReadings(segments)) {
        const other = search(reading.segments, true);
        if (other.some((rule) => rule.access === "write")) return unlisted(request);
        if (other.length === 0 && reading.mustBeKnown) return unlisted(request);
      }
      return judgement;
    },
  };
}

function unlisted({ method, path }: Judged): Judgement {
  const operation = `${method} ${path}`;
  return { operation, operations: [operation], access: "write", listed: false };
}

function judgementOf(rules: Rule[], graphql: Judged["graphql"]): Judgement | undefined {
  const plain = rules.filter((rule) => rule.graphql === undefined);
  if (plain.length === rules.length) {
    const operations = [...new Set(rules.map((rule) => rule.operation))];
    return {
      operation: operations[0] ?? "",
      operations,
      access: rules.every((rule) => rule.access === "read") ? "read" : "write",
      listed: true,
    };
  }
  if (!graphql) return undefined;
  return judgeGraphql(
    graphql(),
    rules.flatMap(({ operation, access, graphql }) => (graphql ? [{ operation, access, ...graphql }] : [])),
  );
}

type Query = ReturnType<typeof parametersOf>;
type Search = {
  segments: string[];
  method: string;
  query: Query;
  /** As a careless service would compare. */
  loose: boolean;
  /** From where on a rest was looked for in vain: a template with several would be searched for ever. */
  dead: Map<Node, number>;
};

/** All rules of the most specific template that fits. */
function find(node: Node, at: number, search: Search): Rule[] {
  const { segments, method, query, loose, dead } = search;
  const segment = segments[at];
  if (segment === undefined) return rulesFor(node.rules, method, query);
  for (const { text, node: next } of node.literals.get(segment.toLowerCase()) ?? []) {
    if (!loose && text !== segment) continue;
    const found = find(next, at + 1, search);
    if (found.length > 0) return found;
  }
  for (const { texts, node: next } of node.patterns) {
    if (!fits(texts, segment.toLowerCase())) continue;
    const found = find(next, at + 1, search);
    if (found.length > 0) return found;
  }
  if (node.parameter && (segment !== "" || loose)) {
    const found = find(node.parameter, at + 1, search);
    if (found.length > 0) return found;
  }
  if (!node.rest || at >= (dead.get(node.rest) ?? Number.POSITIVE_INFINITY)) return [];
  // The shortest rest first: what follows it in the template is more specific than the rest itself.
  for (let next = at + 1; next <= segments.length; next += 1) {
    const found = find(node.rest, next, search);
    if (found.length > 0) return found;
  }
  dead.set(node.rest, at);
  return [];
}

/** Each parameter stands for one letter or more. No regular expression: templates are a stranger's, and could never end. */
function fits(texts: string[], segment: string): boolean {
  const [first = "", ...others] = texts;
  const last = others.pop() ?? "";
  if (!segment.startsWith(first)) return false;
  let at = first.length;
  for (const text of others) {
    const found = segment.indexOf(text, at + 1);
    if (found === -1) return false;
    at = found + text.length;
  }
  return segment.length - last.length > at && segment.endsWith(last);
}

function rulesFor(rules: Rule[], method: string, query: Query): Rule[] {
  const asked = rules.filter((rule) => rule.method === method);
  const ofMethod = asked.length === 0 && method === "HEAD" ? rules.filter((rule) => rule.method === "GET") : asked;
  if (ofMethod.every((rule) => rule.query.length === 0)) return ofMethod;
  // `?action=list&Action=delete` fits neither: which of the two a service takes is not known.
  const fitting = ofMethod.filter((rule) =>
    rule.query.every(([name, value]) => {
      const said = query.filter((one) => one.careless === carelessly(name));
      return said.length > 0 && said.every((one) => one.name === name && one.value === value);
    }),
  );
  const told = fitting.filter((rule) => rule.query.length > 0);
  return told.length > 0 ? told : fitting;
}

function* otherReadings(segments: string[]): Generator<{ segments: string[]; mustBeKnown: boolean }> {
  const whole = segments.join("/");
  const plain = segments.map(decoded);
  if (/[A-Z%;]/.test(whole)) {
    const slash = /%2f/i.test(whole);
    yield {
      segments: plain.flatMap((segment) => segment.split("/")).map((segment) => segment.split(";", 1)[0] ?? ""),
      mustBeKnown: slash,
    };
  }
  if (/[%;.]/.test(whole)) {
    const careless = segments
      .flatMap((segment) =>
        decoded(decoded(decoded(segment)))
          .normalize("NFKC")
          .split("/"),
      )
      .map((segment) => (segment.split(";", 1)[0] ?? "").replace(/[\s.]+$/, ""));
    yield { segments: careless, mustBeKnown: false };
    const extension = /^([^]+)\.[^.]*$/.exec(careless.at(-1) ?? "");
    if (extension?.[1]) yield { segments: [...careless.slice(0, -1), extension[1]], mustBeKnown: false };
  }
}

function grow(node: Node, segment: string): Node {
  if (/^\{(\+[^{}]*|[^{}]*\*)\}$/.test(segment)) return (node.rest ??= emptyNode());
  if (/^\{[^{}]*\}$/.test(segment)) return (node.parameter ??= emptyNode());
  if (!segment.includes("{")) {
    const text = decoded(segment);
    const same = node.literals.get(text.toLowerCase()) ?? [];
    const known = same.find((one) => one.text === text);
    if (known) return known.node;
    const next = emptyNode();
    node.literals.set(text.toLowerCase(), [...same, { text, node: next }]);
    return next;
  }
  const texts = segment.split(/\{[^{}]*\}/).map((text) => decoded(text).toLowerCase());
  const known = node.patterns.find((one) => JSON.stringify(one.texts) === JSON.stringify(texts));
  if (known) return known.node;
  const next = emptyNode();
  node.patterns.push({ texts, weight: texts.join("").length, node: next });
  node.patterns.sort((a, b) => b.weight - a.weight);
  return next;
}

function emptyNode(): Node {
  return { literals: new Map(), patterns: [], parameter: undefined, rest: undefined, rules: [] };
}

function segmentsOf(path: string): string[] {
  return path.slice(1).split("/");
}

function pairsOf(query: string): [string, string][] {
  return query === "" ? [] : [...new URLSearchParams(query)];
}

function carelessly(name: string): string {
  return parametersOf(encodeURIComponent(name))[0]?.careless ?? name;
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function canonical(host: string): string | undefined {
  try {
    return readHost(host).text;
  } catch {
    return undefined;
  }
}
