export type Rows = { head: string[]; rows: string[][] };

const mostRows = 5000;
const mostColumns = 12;

/** Rows out of a text: a JSON list of objects (or the one list in an envelope), lines of JSON, or CSV with a head. */
export function readRows(text: string): Rows | undefined {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > 20_000_000) return undefined;
  if (/^[[{]/.test(trimmed)) return rowsOf(parsed(trimmed));
  return rowsOfCsv(trimmed);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return text.split("\n").map((line) => JSON.parse(line) as unknown);
    } catch {
      return undefined;
    }
  }
}

function rowsOf(value: unknown): Rows | undefined {
  const list = Array.isArray(value)
    ? value
    : isObject(value)
      ? Object.values(value).find((one) => Array.isArray(one) && one.some(isObject))
      : undefined;
  if (!Array.isArray(list) || list.length === 0 || !list.every(isObject)) return undefined;
  const names = new Set<string>();
  for (const row of list.slice(0, 200)) for (const name of Object.keys(row)) names.add(name);
  const head = [...names].slice(0, mostColumns);
  return { head, rows: list.slice(0, mostRows).map((row) => head.map((name) => cellOf(row[name]))) };
}

function rowsOfCsv(text: string): Rows | undefined {
  const lines = text.split("\n").slice(0, mostRows + 1);
  const separator = [",", ";", "\t"].find((one) => (lines[0] ?? "").includes(one));
  if (!separator || lines.length < 2) return undefined;
  const [head = [], ...rows] = lines.filter((line) => line.trim() !== "").map((line) => fieldsOf(line, separator));
  if (head.length < 2 || rows.some((row) => row.length !== head.length)) return undefined;
  return { head: head.slice(0, mostColumns), rows: rows.map((row) => row.slice(0, mostColumns)) };
}

/** One line of CSV (RFC 4180); a quoted field may hold the separator. */
function fieldsOf(line: string, separator: string): string[] {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const one = line[at] ?? "";
    if (isQuoted && one === '"' && line[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (one === '"') isQuoted = !isQuoted;
    else if (one === separator && !isQuoted) {
      fields.push(field);
      field = "";
    } else if (one !== "\r") field += one;
  }
  return [...fields, field];
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value).slice(0, 300);
  return String(value).slice(0, 500);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
