type Row = Record<string, unknown>;

/** The rows an answer is about: the list itself, or the one list inside an envelope such as `{items, next_cursor}`. */
export function rowsIn(answer: unknown): { rows: Row[]; whole: boolean } {
  if (Array.isArray(answer)) return { rows: answer.map(asRow), whole: false };
  if (!isRow(answer)) return { rows: [], whole: true };
  const lists = Object.entries(answer).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].some(isRow),
  );
  const named = lists.find(([key]) => envelopes.has(key.toLowerCase()));
  const only =
    lists.length === 1 && Object.values(answer).filter((value) => isRow(value)).length === 0 ? lists[0] : undefined;
  const scalars = Object.keys(answer).filter((key) => key === "id" || /name|title/i.test(key));
  const list = named ?? (scalars.length === 0 ? only : undefined);
  if (list) return { rows: list[1].map(asRow), whole: false };
  const empty = Object.entries(answer).find(([key, value]) => envelopes.has(key.toLowerCase()) && Array.isArray(value));
  if (empty) return { rows: [], whole: false };
  const inner = Object.entries(answer).find(([key, value]) => key.toLowerCase() === "data" && isRow(value));
  return { rows: [inner ? (inner[1] as Row) : answer], whole: true };
}

const envelopes = new Set([
  "items",
  "data",
  "results",
  "result",
  "records",
  "entries",
  "values",
  "rows",
  "objects",
  "list",
  "value",
  "content",
  "hits",
  "elements",
  "nodes",
]);

/** A markdown table of the most telling columns. What comes from outside is shown as plain words, never as markup. */
export function tableOf(rows: Row[], most = 20, columns = columnsOf(rows)): string {
  if (columns.length === 0)
    return rows
      .slice(0, most)
      .map((row) => `- ${cell(row)}`)
      .join("\n");
  const lines = rows.slice(0, most).map((row) => `| ${columns.map((column) => cell(row[column])).join(" | ")} |`);
  return [
    `| ${columns.map((name) => escaped(name.replaceAll("_", " "))).join(" | ")} |`,
    `|${columns.map(() => " --- |").join("")}`,
    ...lines,
  ].join("\n");
}

/** One thing as a list of its properties; briefly: those a person looks for. */
export function cardOf(row: Row, briefly = false): string {
  const shown = Object.entries(row)
    .map(([name, value]) => [name, cell(value, 300)] as const)
    .filter(([name, text]) => text !== "" && (!briefly || weight(name) < housekeeping))
    .toSorted(([one], [other]) => weight(one) - weight(other))
    .slice(0, 14);
  return shown.map(([name, text]) => `- **${escaped(name.replaceAll("_", " "))}**: ${text}`).join("\n");
}

/** The name a person would call a thing by, and the id its service knows it by. */
export function nameOf(row: Row): string | undefined {
  for (const key of nameKeys) {
    const found = Object.keys(row).find((one) => one.toLowerCase().replaceAll("_", "") === key);
    const value = found === undefined ? undefined : row[found];
    if (typeof value === "string" && value.trim() !== "") return value.trim();
  }
  return undefined;
}

export function idOf(row: Row, of?: string): string | number | undefined {
  const keys = [
    "id",
    ...(of ? [`${of}_id`, `${of}Id`] : []),
    "_id",
    "uuid",
    "gid",
    "sid",
    "key",
    "slug",
    "login",
    "number",
    "name",
  ];
  for (const key of keys) {
    const value = row[key];
    if ((typeof value === "string" && value !== "") || typeof value === "number") return value;
  }
  return undefined;
}

const nameKeys = [
  "name",
  "title",
  "fullname",
  "displayname",
  "subject",
  "summary",
  "label",
  "username",
  "login",
  "email",
  "text",
  "body",
  "description",
  "key",
  "number",
  "filename",
];
const usual = [
  ...nameKeys,
  "status",
  "state",
  "due",
  "dueat",
  "duedate",
  "priority",
  "amount",
  "price",
  "total",
  "currency",
  "type",
  "count",
];

function columnsOf(rows: Row[]): string[] {
  const names = [...new Set(rows.slice(0, 50).flatMap((row) => Object.keys(row)))];
  const filled = names.filter((name) => rows.some((row) => cell(row[name]) !== ""));
  const sorted = filled.toSorted((one, other) => weight(one) - weight(other));
  const telling = sorted.filter((name) => weight(name) < housekeeping);
  const chosen = telling.length > 1 ? telling.slice(0, 5) : sorted.slice(0, 4);
  return chosen.toSorted((one, other) => Number(isId(one)) - Number(isId(other)));
}

const housekeeping = 40;

/** Telling names first, ids and addresses last, inner housekeeping never before them. */
function weight(name: string): number {
  const plain = name.toLowerCase().replaceAll("_", "");
  const place = usual.indexOf(plain);
  if (place >= 0) return place;
  if (plain === "id") return 30;
  if (/^(html)?url$|^link$|weburl|permalink|shorturl/.test(plain)) return 32;
  if (/(at|date|time)$/.test(plain)) return 40;
  if (/id$|ids$/.test(plain)) return 60;
  if (/url$|hash|token|node|etag|version|avatar|image|icon|color/.test(plain)) return 70;
  return 50;
}

const isId = (name: string) => /^id$/i.test(name);

function cell(value: unknown, longest = 60): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escaped(shorten(dayOf(value), longest));
  if (Array.isArray(value)) {
    if (value.length === 0) return "";
    const names = value.map((one) => (isRow(one) ? nameOf(one) : typeof one === "object" ? undefined : String(one)));
    return names.every((name) => name !== undefined)
      ? escaped(shorten(names.join(", "), longest))
      : `${value.length} entries`;
  }
  if (!isRow(value)) return "";
  const name = nameOf(value) ?? idOf(value);
  return name === undefined ? (Object.keys(value).length > 0 ? "…" : "") : escaped(shorten(String(name), longest));
}

/** `2026-11-21T06:40:00.000Z` as people write it. */
function dayOf(text: string): string {
  const time = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/.exec(text);
  return time ? `${time[1]} ${time[2]}`.replace(" 00:00", "") : text;
}

function shorten(text: string, longest: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longest
    ? `${line
        .slice(0, longest - 1)
        .toWellFormed()
        .trimEnd()}…`
    : line;
}

/** Keeps a text of a stranger from becoming a link, an image, markup or a column. */
export function escaped(text: string): string {
  return text.replace(/[\\|[\]<>*`~]/g, String.raw`\$&`);
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const asRow = (value: unknown): Row => (isRow(value) ? value : { value });
