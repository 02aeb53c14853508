import type { Endpoint } from "./model.ts";
import { isPlural, sameThing, singular, words } from "./words.ts";

/**
 * Names a person would type, `boards list`, `issues create`: a group and what is done, from tags, paths and operationIds.
 * Each is unique. The same document gives the same names; names of `previous` (by "METHOD /path") are kept.
 */
export function nameOperations(
  endpoints: Endpoint[],
  previous: Map<string, string> = new Map(),
): Map<Endpoint, string> {
  const context = contextOf(endpoints);
  const named = new Map<Endpoint, string>();
  const taken = new Set<string>();
  for (const endpoint of endpoints) {
    const kept = previous.get(requestKey(endpoint));
    if (kept !== undefined && !taken.has(kept)) {
      named.set(endpoint, kept);
      taken.add(kept);
    }
  }
  // Simple paths choose first, so that "/boards" is "boards list" wherever it stands in the document.
  const order = endpoints
    .map((endpoint, index) => ({
      endpoint,
      index,
      weight: endpoint.path.split("/").length + (endpoint.deprecated ? 100 : 0),
    }))
    .sort((a, b) => a.weight - b.weight || a.index - b.index);
  for (const { endpoint } of order) {
    if (named.has(endpoint)) continue;
    const wanted = candidates(endpoint, context);
    const name = wanted.find((one) => !taken.has(one)) ?? numbered(wanted[0] ?? "api call", taken);
    named.set(endpoint, name);
    taken.add(name);
  }
  return named;
}

/** What an operation is known by when its document grows: its request, in GraphQL with its field. */
export function requestKey({ method, path, graphql }: Pick<Endpoint, "method" | "path" | "graphql">): string {
  return `${method} ${path.split("#")[0]}${graphql ? ` ${graphql.type} ${graphql.field}` : ""}`;
}

type Context = {
  /** Leading path segments that every path has. */
  common: number;
  /** What operations of a tag are called, one form for all of them; absent when tags tell nothing apart. */
  groupOfTag: Map<string, string>;
  /** Leading parts that every operationId has: the API's own name. */
  idPrefix: number;
  /** The first part that is left is the same for nearly all: `gmail.users.messages.list`. */
  skipsFirst: boolean;
};

function contextOf(endpoints: Endpoint[]): Context {
  const paths = endpoints.map((one) => statics(one.path));
  let common = 0;
  if (endpoints.length > 1) {
    while (paths.every((path) => path.length > common + 1 && path[common] === paths[0]?.[common])) common += 1;
  }
  const ids = endpoints.map((one) => idParts(one));
  let idPrefix = 0;
  if (endpoints.length > 2 && ids.every((parts) => parts.length > 1)) {
    while (ids.every((parts) => parts.length > idPrefix + 2 && parts[idPrefix] === ids[0]?.[idPrefix])) idPrefix += 1;
  }
  const firsts = new Map<string, number>();
  for (const parts of ids) {
    const first = parts[idPrefix];
    if (first !== undefined && parts.length > idPrefix + 2) firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  const skipsFirst = endpoints.length > 5 && Math.max(0, ...firsts.values()) > endpoints.length * 0.8;
  return {
    common,
    groupOfTag: groupsOfTags(
      endpoints,
      paths.map((path) => path.slice(common)),
    ),
    idPrefix,
    skipsFirst,
  };
}

/** A tag as most paths write it (`board` is `boards` where the path is /boards), without words that all tags share. */
function groupsOfTags(endpoints: Endpoint[], paths: string[][]): Map<string, string> {
  const tags = [...new Set(endpoints.map((one) => one.tags[0] ?? ""))].filter((tag) => words(tag).length > 0);
  const firsts = new Set(paths.map((path) => path[0]));
  if (tags.length < 2 && firsts.size > 1) return new Map();
  const split = tags.map((tag) => words(tag));
  let shared = 0;
  if (tags.length > 2)
    while (split.every((parts) => parts.length > shared + 1 && parts[shared] === split[0]?.[shared])) shared += 1;
  const groups = new Map<string, string>();
  for (const tag of tags) {
    const all = words(tag).slice(shared);
    const parts = all.filter((word) => !noise.has(word)).slice(0, 4);
    if (parts.length === 0) continue;
    const forms = new Map<string, number>();
    for (const [index, endpoint] of endpoints.entries()) {
      if (endpoint.tags[0] !== tag) continue;
      for (const segment of paths[index]?.map(words) ?? []) {
        if (segment.length !== parts.length || !segment.every((word, at) => sameThing(word, parts[at] ?? ""))) continue;
        forms.set(segment.join("-"), (forms.get(segment.join("-")) ?? 0) + 1);
      }
    }
    const [form] = [...forms].sort((a, b) => b[1] - a[1] || b[0].length - a[0].length);
    groups.set(tag, form ? form[0] : parts.join("-"));
  }
  return groups;
}

function candidates(endpoint: Endpoint, context: Context): string[] {
  const path = statics(endpoint.path).slice(context.common);
  const rpc = rpcName(endpoint, path, context);
  const group = rpc?.group ?? groupOf(endpoint, path, context);
  const byPath = actionFromPath(endpoint, path, group);
  const base = rpc?.action ?? actionFromId(endpoint, group, context) ?? byPath;
  const scope = byParameters(endpoint);
  const parent = /^.*-((?:for|in|of)-[a-z][a-z-]*)$/.exec(words(endpoint.id ?? "").join("-"))?.[1];
  const list = [
    base,
    ...(parent && !base.endsWith(parent) ? [`${base}-${parent.split("-").slice(-4).join("-")}`] : []),
    byPath,
    ...(scope ? [`${base}-${scope}`, `${byPath}-${scope}`] : []),
  ];
  const isSaid = (word: string) => [...words(group), ...words(base)].some((one) => sameThing(one, word));
  const parents = path.flatMap(words).filter((word) => !isSaid(word));
  if (parents.length > 0) list.push(`${base}-for-${parents.slice(0, 3).join("-")}`);
  const version = /(?:^|\/)v(\d+)(?:\/|$)/i.exec(endpoint.path)?.[1];
  if (version) list.push(`${base}-v${version}`);
  if (endpoint.method === "PATCH") list.push(base.replace(/^update\b/, "patch"));
  if (endpoint.method === "PUT") list.push(base.replace(/^update\b/, "replace"));
  list.push(`${base}-${endpoint.method.toLowerCase()}`);
  const id = words(endpoint.id ?? "")
    .slice(0, 8)
    .join("-");
  if (id) list.push(id);
  return [...new Set(list.filter((one) => one !== "").map((one) => `${group} ${one}`.slice(0, 90).replace(/-+$/, "")))];
}

function numbered(base: string, taken: Set<string>): string {
  for (let count = 2; ; count += 1) if (!taken.has(`${base}-${count}`)) return `${base}-${count}`;
}

/**
 * Documents that name calls rather than things: `/chat.postMessage`, `/getCustomer`, `/SanitizeInput`. The last part is
 * what is done, the parts before it are the group.
 */
function rpcName(endpoint: Endpoint, path: string[], context: Context): { group: string; action: string } | undefined {
  if (endpoint.graphql) return graphQlName(endpoint.graphql);
  const id = idParts(endpoint).slice(context.idPrefix);
  if (id.length >= 2 && /[./]/.test(endpoint.id ?? "")) {
    const parts = context.skipsFirst && id.length > 2 ? id.slice(1) : id;
    const [first = "", ...rest] = parts;
    const last = rest.pop() ?? "";
    // "issues/list-for-repo" and "calendar.events.list" are names already; between them lies what the verb is done to.
    const own = words(last);
    while (own.length > 1 && sameThing(own[0] ?? "", first)) own.shift();
    const [verb = "", ...more] = tidied(own, endpoint);
    const middle = rest.flatMap(words);
    const object =
      middle.length > 0 && !/^(?:list|query|search)$/.test(verb)
        ? [...middle.slice(0, -1), singular(middle.at(-1) ?? "")]
        : middle;
    return { group: grouped(words(first)), action: [verb, ...more, ...object].join("-") };
  }
  const end = endpoint.path.split(/[?#]/)[0]?.split("/").filter(Boolean) ?? [];
  const dotted = end.length === 1 && /^[A-Za-z][\w]*(?:\.\w+)+$/.test(end[0] ?? "") ? (end[0]?.split(".") ?? []) : [];
  if (dotted.length > 1 && !/^(?:json|xml|php|html?)$/i.test(dotted.at(-1) ?? "")) {
    return { group: grouped(dotted.slice(0, -1).flatMap(words)), action: words(dotted.at(-1) ?? "").join("-") };
  }
  const [only = ""] = path;
  const parts = words(only);
  if (
    path.length === 1 &&
    parts.length > 1 &&
    !context.groupOfTag.has(endpoint.tags[0] ?? "") &&
    !endpoint.path.includes("{")
  ) {
    const [verb = "", ...object] = parts;
    if (verbs.has(verb)) return { group: grouped(object.slice(0, 4)), action: verb };
    if (endpoint.method === "POST" && !isPlural(parts.at(-1) ?? ""))
      return { group: grouped([verb]), action: object.join("-") };
  }
  return undefined;
}

/** `boards` is "boards list", `board` "board get", `cardCreate` and `createCard` "card create". */
function graphQlName({ type, field }: { type: string; field: string }): { group: string; action: string } {
  const all = words(field);
  const [first = "", ...rest] = all;
  const last = all.at(-1) ?? "";
  if (rest.length > 0 && verbs.has(first)) return { group: grouped(rest.slice(0, 3)), action: first };
  if (rest.length > 0 && verbs.has(last) && !isPlural(last)) return { group: grouped(all.slice(0, -1)), action: last };
  return { group: grouped(all.slice(0, 4)), action: type === "mutation" ? "run" : isPlural(last) ? "list" : "get" };
}

/** The thing an operation is about: its tag, else what its name begins with, else the first telling segment of its path. */
function groupOf(endpoint: Endpoint, path: string[], context: Context): string {
  const byTag = context.groupOfTag.get(endpoint.tags[0] ?? "");
  if (byTag) return grouped(byTag.split("-"));
  const controller = /^(\w+?)Controller[_./]/.exec(endpoint.id ?? "")?.[1];
  if (controller) return grouped(words(controller));
  return grouped(words(path.find((segment) => words(segment).length > 0) ?? "").slice(0, 3));
}

function grouped(parts: string[]): string {
  const group = parts.join("-").slice(0, 40);
  if (group === "") return "api";
  // `call` is the kit's own word.
  return group === "call" ? "calls" : group;
}

const noise = new Set([
  "api",
  "apis",
  "controller",
  "endpoint",
  "endpoints",
  "resource",
  "resources",
  "service",
  "operations",
  "rest",
  "v1",
  "v2",
  "v3",
  "v4",
  "the",
  "methods",
  "requests",
]);

/** What an operationId says beyond its group; undefined when it only spells out the path, or says too much. */
function actionFromId(endpoint: Endpoint, group: string, context: Context): string | undefined {
  const groupWords = words(group);
  const inPath = new Set(
    endpoint.path
      .split(/[/.]/)
      .flatMap(words)
      .flatMap((word) => [word, singular(word)]),
  );
  const method = endpoint.method.toLowerCase();
  const id = (endpoint.id ?? "").replace(/_\d+$/, "").replace(/^\w+?Controller[_./]/, "");
  let all = words(id.split(/[./]/).slice(context.idPrefix).join(" "));
  if (all.length === 0) return undefined;
  // FastAPI: "read_item_items__item_id__get" is a name with the path and the method behind it.
  const spelt = [...words(endpoint.path), method].join(" ");
  if (all.length > 2 && ` ${all.join(" ")}`.endsWith(` ${spelt}`)) {
    all = all.slice(0, -spelt.split(" ").length);
    if (all.length === 0) return undefined;
  }
  const isFromPath = (word: string) =>
    inPath.has(word) || inPath.has(singular(word)) || word === method || (methodVerbs[method] ?? []).includes(word);
  const spellsPath = all.every((word) => isFromPath(word) || /^(?:by|api|v\d+|id|with|using)$/.test(word));
  if (spellsPath && (all.some((word) => /^(?:by|v\d+|id)$/.test(word)) || all.length > 5)) return undefined;
  const isGroup = (word: string) => groupWords.some((one) => sameThing(one, word));
  // "AppCreate", "Account_GetCurrentUser": the group stands in front of the verb.
  const verbAt = all.findIndex((word) => verbs.has(word));
  if (verbAt > 0 && all.slice(0, verbAt).every(isGroup)) all = all.slice(verbAt);
  else while (all.length > 1 && isGroup(all[0] ?? "") && !verbs.has(all[0] ?? "")) all = all.slice(1);
  const rest = tidied(all, endpoint).filter((word, index, all) => {
    const isJoined = [all[index - 1], all[index + 1]].some((one) => one === "or" || one === "and");
    return index === 0 || isJoined || !isGroup(word);
  });
  while (rest.length > 1 && /^(?:for|from|to|by|of|in|on|with|the|a|an|and)$/.test(rest.at(-1) ?? "")) rest.pop();
  if (rest.length > 1 && rest.every(isGroup)) return undefined;
  if (rest.length > 6 || rest.join("").length > 42 || rest.some((word) => /^[0-9a-f]{8,}$/.test(word)))
    return undefined;
  const [only = ""] = rest;
  if (rest.length === 1 && endpoint.method === "POST" && /^(?:add|post|insert|new)$/.test(only)) return "create";
  if (rest.length === 1 && /^(?:put|modify|edit|change)$/.test(only)) return "update";
  // A name that is only the thing itself says nothing of what is done.
  if (rest.length === 1 && isGroup(only) && !verbs.has(only)) return undefined;
  return rest.join("-");
}

/** The words of a name with the verb in front and in the words this tool uses: `list` for many, `get` for one, `create`. */
function tidied(given: string[], endpoint: Endpoint): string[] {
  let all = given.filter((word, index) => index === 0 || (word !== "controller" && word !== "api"));
  if (all.length > 2 && all.at(-2) === "partial" && all.at(-1) === "update") all = ["patch", ...all.slice(0, -2)];
  const last = all.at(-1) ?? "";
  if (all.length > 1 && !verbs.has(all[0] ?? "") && verbs.has(last) && !isPlural(last)) {
    const thing = all.slice(0, -1);
    const isMany = /^(?:list|search|query)$/.test(last);
    all = [last, ...(isMany ? thing : [...thing.slice(0, -1), singular(thing.at(-1) ?? "")])];
  }
  const [lead = "", ...others] = all;
  const many = answersMany(endpoint);
  if (/^(?:get|fetch|retrieve|read|show|obtain)$/.test(lead)) {
    const object = others.findIndex((word) => /^(?:for|by|of|in|from)$/.test(word));
    const thing = others.slice(0, object < 0 ? undefined : object).at(-1);
    return [many && (thing === undefined || isPlural(thing)) ? "list" : "get", ...others];
  }
  if (lead === "all" || (lead === "index" && many)) return ["list", ...others];
  if (/^(?:post|insert|new)$/.test(lead) && endpoint.method === "POST") return ["create", ...others];
  if (lead === "add" && endpoint.method === "POST" && others.length === 0) return ["create"];
  if (/^(?:put|modify|edit|change)$/.test(lead) && others.length === 0) return ["update"];
  if (/^(?:destroy|erase|del)$/.test(lead) && endpoint.method === "DELETE") return ["delete", ...others];
  return [lead, ...others];
}

/** `list`, `get`, `create`, `update`, `delete`, with what is below the group: `list-cards`, `create-card`, `archive`. */
function actionFromPath(endpoint: Endpoint, path: string[], group: string): string {
  const groupWords = words(group);
  let own = -1;
  for (const [index, segment] of path.entries()) {
    if (words(segment).every((word) => groupWords.some((one) => sameThing(one, word)))) own = index;
    else if (own >= 0) break;
  }
  const below = path.slice(own + 1).map(words);
  const endsWithId = /\}[^/]*\/?$/.test(endpoint.path.split(/[?#]/)[0] ?? "");
  const last = below.at(-1);
  const qualifier = below.slice(0, -1).flat().map(singular).slice(-3);
  if (last === undefined) {
    const thing = words(path[own] ?? "").at(-1) ?? "";
    return plainVerb(endpoint, endsWithId, endpoint.method === "POST" || isPlural(thing));
  }
  const lead = last[0] ?? "";
  if (
    !endsWithId &&
    verbs.has(lead) &&
    !isPlural(lead) &&
    !/^(?:list|report|test|batch|bulk|check)$/.test(lead) &&
    // PUT …/showListGuide sets it: a write must not be called like a read.
    !(
      /^(?:PUT|PATCH|DELETE)$/.test(endpoint.method) &&
      /^(?:get|show|list|read|find|search|view|fetch|retrieve|query|browse|count)$/.test(lead)
    )
  )
    return [...last, ...qualifier].join("-");
  const many = isPlural(last.at(-1) ?? "");
  const verb = plainVerb(endpoint, endsWithId, many);
  if (verb === "post") return [...qualifier, ...last].join("-");
  const one = [...last.slice(0, -1), singular(last.at(-1) ?? "")];
  const object = !endsWithId && (verb === "list" || verb === "get" || !many) ? last : one;
  return [verb, ...qualifier, ...object].join("-");
}

function plainVerb({ method, path }: Endpoint, endsWithId: boolean, many: boolean): string {
  switch (method) {
    case "GET":
      return !endsWithId && many && !/\/me\/?$/.test(path) ? "list" : "get";
    case "POST":
      return many && !endsWithId ? "create" : "post";
    case "PUT":
    case "PATCH":
      return "update";
    case "DELETE":
      return "delete";
    case "HEAD":
      return "check";
    default:
      return method.toLowerCase();
  }
}

/** "by-filter" for `/boards/{id}/cards/{filter}`: tells operations of one path apart by what they ask for. */
function byParameters(endpoint: Endpoint): string | undefined {
  const last = [...endpoint.path.matchAll(/\{([^{}]+)\}/g)].map((match) => words(match[1] ?? "").join("-")).at(-1);
  return last === undefined || last === "" ? undefined : `by-${last}`;
}

function answersMany(endpoint: Endpoint): boolean {
  const last = statics(endpoint.path).at(-1) ?? "";
  return !/\}[^/]*\/?$/.test(endpoint.path) && isPlural(words(last).at(-1) ?? "");
}

/** Segments of a path that are no parameters, without versions and other words that say nothing. */
function statics(path: string): string[] {
  return (path.split(/[?#]/)[0] ?? "")
    .split("/")
    .map((segment) =>
      segment
        .replace(/\{[^}]*\}/g, " ")
        .replace(/\.(?:json|xml|php|aspx?)$/i, "")
        .trim(),
    )
    .filter(
      (segment) =>
        words(segment).length > 0 &&
        !/^(?:v\d+(?:[._]\d+)*(?:(?:alpha|beta|preview)\d*)?|api|rest|rpc|\d+(?:\.\d+)+)$/i.test(segment),
    );
}

/** `repos/list-for-user`, `calendar.events.list` in parts. */
function idParts(endpoint: Endpoint): string[] {
  return (endpoint.id ?? "").split(/[./]/).filter((part) => words(part).length > 0);
}

const methodVerbs: { [method: string]: string[] } = {
  get: ["get", "list", "fetch", "read", "retrieve", "find", "show", "query"],
  post: ["create", "add", "post", "new", "insert"],
  put: ["update", "put", "set", "replace", "edit"],
  patch: ["update", "patch", "modify", "edit", "partial"],
  delete: ["delete", "remove", "destroy", "del"],
  head: ["head", "check", "exists"],
};

const verbs = new Set(
  `get list fetch read retrieve find show search query count check create add post insert new update put set replace edit modify
  patch change delete remove destroy clear send upload download export import start stop run cancel close open archive restore
  enable disable activate deactivate approve reject accept decline confirm verify validate test sync refresh reset generate
  copy clone move merge rename assign unassign subscribe unsubscribe follow unfollow join leave invite kick ban lock unlock
  publish unpublish submit trigger retry resend revoke rotate login logout authorize register connect disconnect pause resume
  mark star unstar vote attach detach link unlink convert calculate preview estimate execute invoke complete batch bulk lookup
  describe suggest mute unmute pin unpin block unblock report redeem refund capture void charge transfer purge flush poll
  render parse translate analyze predict save inspect prune kill watch browse trash untrash destroy`.split(/\s+/),
);
