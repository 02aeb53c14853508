type Share = { all: number; kept: number };

/** How much of a page's headings, code blocks and data tables is in the markdown that was made of it. */
export function kept(
  html: string,
  marked: string,
): { headings: Share; code: Share; tables: Share; lostHeadings: string[] } {
  const body = html.replace(/<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1>/gi, "");
  const markdown = marked.replace(/\]\([^)\s]*(?: "[^"]*")?\)/g, "]"); // where links lead is no loss
  const letters = lettersOf(markdown);
  const ownHeadings = new Set([...markdown.matchAll(/^#{1,6} (.*)$/gm)].map(([, text = ""]) => lettersOf(text)));
  const headings = textsOf(body, /<h[1-6]\b[^>]*>([\s\S]*?)<\/h[1-6]>/gi);
  const lostHeadings = headings.filter((text) => !ownHeadings.has(lettersOf(text)));
  // The beginning of a block stands for it.
  const code = textsOf(body, /<pre\b[^>]*>([\s\S]*?)<\/pre>/gi).map((text) => lettersOf(text).slice(0, 60));
  const rows = markdown.split("\n").flatMap((line) => (/^[>\s]*\|/.test(line) ? [lettersOf(plain(line))] : []));
  const tables = [...body.matchAll(/<table\b[^>]*>([\s\S]*?)<\/table>/gi)].flatMap(([, inside = ""]) => {
    const cells = [...inside.matchAll(/<tr\b[^>]*>([\s\S]*?)(?=<tr\b|$)/gi)].map(([, row = ""]) =>
      textsOf(row, /<t[dh]\b[^>]*>([\s\S]*?)(?=<t[dh]\b|<\/tr|$)/gi).map(lettersOf),
    );
    const data = cells.filter((row) => row.length > 1);
    return data.length > 1 ? [data] : []; // one row, or one column, is layout
  });
  return {
    headings: { all: headings.length, kept: headings.length - lostHeadings.length },
    code: share(code, (text) => letters.includes(text)),
    tables: share(tables, (data) =>
      data.every((cells) => rows.some((row) => cells.every((cell) => row.includes(cell.slice(0, 40))))),
    ),
    lostHeadings,
  };
}

function share<One>(all: One[], isKept: (one: One) => boolean): Share {
  return { all: all.length, kept: all.filter(isKept).length };
}

function textsOf(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, inside = ""]) => plain(inside)).filter((text) => lettersOf(text) !== "");
}

const plain = (html: string) =>
  html
    .replace(/<[^>]*>/g, "")
    .replace(/&([a-z])(?:acute|grave|circ|tilde|uml|cedil|ring|caron);/gi, "$1")
    .replace(/&(?:para|sect);/g, "")
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(
      /&(lt|gt|quot|nbsp|apos|amp);/g,
      (_, name: "lt" | "gt" | "quot" | "nbsp" | "apos" | "amp") => entities[name],
    )
    .replace(/[¶§]\s*$/, "")
    .replace(/\s+/g, " ")
    .trim();

const entities = { lt: "<", gt: ">", quot: '"', nbsp: " ", apos: "'", amp: "&" };

/** Letters and digits alone, without accents: marks and spaces differ, and are no loss. */
const lettersOf = (text: string) =>
  text
    .normalize("NFD")
    .replace(/[^\p{L}\p{N}]+/gu, "")
    .toLowerCase();
