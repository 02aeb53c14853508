/** A request a text speaks of: `GET /boards/{}`; every blank is `{}`. */
export type DocRequest = {
  method: string;
  path: string;
  /** Where in the text. */
  at: number;
};

/**
 * The requests a text of docs names: "GET /boards/{id}", `curl` calls, table rows, calls of client libraries. A path alone is
 * no request.
 */
export function requestsIn(text: string): DocRequest[] {
  const found: DocRequest[] = [];
  const add = (method: string, target: string, at: number) => {
    const path = pathOf(target);
    if (path !== undefined) found.push({ method: method.toUpperCase(), path, at });
  };
  for (const one of text.matchAll(methodFirst)) add(one[1] ?? "", one[2] ?? "", one.index);
  for (const one of text.matchAll(pathFirst)) add(one[2] ?? "", one[1] ?? "", one.index);
  for (const one of text.matchAll(libraryCall)) add(one[1] ?? "", one[2] ?? "", one.index);
  for (const { command, at } of curlCalls(text)) {
    const url = /https?:\/\/[^\s"'`\\]+/.exec(command)?.[0];
    if (!url) continue;
    const named = /(?:^|\s)(?:-X|--request)[\s=]*["']?([A-Za-z]+)/.exec(command)?.[1];
    const sends = /\s(?:-d|--data(?:-\w+)?|--json|-F|--form)\b/.test(command) && !/\s(?:-G|--get)\b/.test(command);
    add(named ?? (/\s(?:-I|--head)\b/.test(command) ? "HEAD" : sends ? "POST" : "GET"), url, at);
  }
  for (const one of underPaths(text)) add(one.method, one.path, one.at);
  for (const one of inTables(text)) add(one.method, one.path, one.at);
  const seen = new Set<string>();
  return found
    .toSorted((a, b) => a.at - b.at)
    .filter(({ method, path }) => !seen.has(`${method} ${path}`) && seen.add(`${method} ${path}`));
}

// A name in brackets of any kind is a blank, and does not end the path: /queues/(vhost)/[name]
const named = "\\([\\w.-]{1,60}\\)|\\[[\\w.-]{1,60}\\](?!\\()";
const target = `(?:https?:\\/\\/(?:${named}|[^\\s\`"'<>|)\\]]){3,500}|\\/(?:${named}|[^\\s\`"'|)\\],;]){0,500})`;
const methods = "GET|POST|PUT|PATCH|DELETE|HEAD";
const methodFirst = new RegExp(`\\b(${methods})\\b[\\s\`*_|:"'\\\\]{1,20}(${target})`, "g");
const pathFirst = new RegExp(
  `(?<![\\w.:/])(${target})[\\s\`*_|:(\\[]{1,20}(${methods})\\b(?![\\s\`*_|:]{1,20}(?:https?:|/))`,
  "g",
);
const libraryCall = new RegExp(`\\.(get|post|put|patch|delete|head)\\(\\s*f?["'\`](${target})`, "g");

/** Paths that are a heading of their own, with the methods that the text under it sets in bold or as code. */
function* underPaths(text: string): Generator<DocRequest> {
  for (const heading of text.matchAll(
    /^#{1,6}[ \t]+[`*]*(\/[^\s,]*(?:(?:,[ \t]*|[ \t]+(?:and|or)[ \t]+)\/[^\s,]*)*)[ \t]*$/gm,
  )) {
    const below = text.slice(heading.index + heading[0].length);
    const body = below.slice(0, /^#{1,6}[ \t]/m.exec(below)?.index);
    const set = [...body.matchAll(/(?:\*\*|`)(GET|POST|PUT|PATCH|DELETE|HEAD)(?:\*\*|`)/g)].map(
      ([, method = ""]) => method,
    );
    for (const named of (heading[1] ?? "").split(/,[ \t]*|[ \t]+(?:and|or)[ \t]+/)) {
      const path = pathOf(named);
      for (const method of path === undefined ? [] : set) yield { method, path: path ?? "", at: heading.index };
    }
  }
}

/** Tables with a column for each method, and a mark in those of a row's path. */
function* inTables(text: string): Generator<DocRequest> {
  let at = 0;
  let columns: (string | undefined)[] = [];
  let before: string[] = [];
  for (const line of text.split("\n")) {
    const cells = /^[>\s]*\|/.test(line) ? cellsOf(line) : [];
    if (cells.length === 0) columns = [];
    else if (cells.every((cell) => /^:?-+:?$/.test(cell)))
      columns = before.map((cell) => /^(?:GET|POST|PUT|PATCH|DELETE|HEAD)$/i.exec(cell)?.[0].toUpperCase());
    else if (columns.some(Boolean)) {
      const paths = cells
        .map((cell) => cell.match(/(?<!\S)(?:https?:\/\/|\/)\S*/g) ?? [])
        .find((one) => one.length > 0);
      for (const target of paths ?? []) {
        const path = pathOf(target);
        for (const [index, method] of columns.entries())
          if (path !== undefined && method && isMark.test(cells[index] ?? "")) yield { method, path, at };
      }
    }
    before = cells;
    at += line.length + 1;
  }
}

const isMark = /^(?:x|y|yes|true|✓|✔|✅|☑|•|●|\+)$/iu;

/** What stands in the cells of a table's row, without code marks and bold. */
function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).map((cell) =>
    cell
      .replace(/`|\*\*/g, "")
      .replace(/<br ?\/?>/gi, " ")
      .trim(),
  );
  return cells.slice(1, cells.at(-1) === "" ? -1 : undefined);
}

/** `curl` calls, with the lines they go over. */
function* curlCalls(text: string): Generator<{ command: string; at: number }> {
  for (const one of text.matchAll(/(?:^|[\s$>`])curl\s/g)) {
    const lines = text.slice(one.index + 1, one.index + 4_000).split("\n");
    let command = "";
    for (const line of lines) {
      command += ` ${line.replace(/\\\s*$/, "")}`;
      if (!/\\\s*$/.test(line) && !isOpenQuote(command)) break;
    }
    yield { command, at: one.index };
  }
}

const isOpenQuote = (text: string) => (text.match(/'/g) ?? []).length % 2 === 1 && text.length < 3_500;

/** The path of a target with its blanks as `{}`; undefined for what is none. */
export function pathOf(target: string): string | undefined {
  const path = target
    .replace(/^https?:\/\/[^/?#]*/i, "")
    .replace(/[?#].*$/, "")
    // A blank that is set in italics: /folders/*id*
    .replace(/(?<=\/)\\?[*_]([\w-]+?)\\?[*_](?=\/|[.,:;]?$)/g, "{$1}")
    .replace(/[*`.,:;\\]+$/, "")
    .replaceAll(/%7B/gi, "{")
    .replaceAll(/%7D/gi, "}");
  if (path !== "" && !path.startsWith("/")) return undefined;
  if (/[{}<>[\]()]/.test(path.replace(blank, ""))) return undefined;
  const normal = path
    .split("/")
    // Ids of examples are blanks too.
    .map((part) => part.replace(blank, "{}").replace(/^(?:\$\w+|:[\w-]+|\d{3,}(?:,\d+)*)$/, "{}"))
    .join("/")
    .replace(/(?<=.)\/+$/, "");
  return normal === "" ? "/" : normal;
}

/** `{id}`, `{{id}}`, `<id>`, `[id]`, `(id)`, `%id%`, `${id}`, `:id` as a whole part. */
const blank =
  /\$?\{\{?[^{}/]{0,80}\}?\}|<[^<>/]{1,80}>|\[[^[\]/]{1,80}\]|\([A-Za-z_][\w .-]{0,80}\)|%[A-Za-z_][A-Za-z_]{2,80}%/g;

/**
 * True when the docs' path can be the operation's: equal but for a beginning that belongs to the base URL, a blank for a blank
 * or for an example value.
 */
export function isSamePath(documented: string, wanted: { base: string; path: string }): boolean {
  const own = partsOf(pathOf(wanted.path) ?? wanted.path);
  const full = [...partsOf(pathOf(wanted.base) ?? ""), ...own];
  const there = partsOf(documented);
  if (there.length < own.length || there.length > full.length) return false;
  return there.every((part, index) => isSamePart(part, full[full.length - there.length + index] ?? ""));
}

const partsOf = (path: string) => path.split("/").filter((part) => part !== "");

function isSamePart(documented: string, wanted: string): boolean {
  if (documented === wanted) return true;
  if (!wanted.includes("{}")) return false;
  if (documented === "{}") return true;
  const pattern = wanted.split("{}").map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (pattern.some((piece) => piece !== "")) return new RegExp(`^${pattern.join(".+")}$`).test(documented);
  // An example value: a number, an id with digits in it, a word in capitals, "my-board", "boardId"; not the name of a sub-resource.
  return /\d|^(?:your|my|some)[-_]?[A-Za-z]|(?:[-_]id|Id|ID)$|^[A-Z][A-Z0-9_]+$/.test(documented);
}
