/** What somebody wants done, told by the verb they use. */
export type Verb = "show" | "find" | "make" | "change" | "move" | "remove" | "send" | "finish";

const verbs: Record<Verb, string[]> = {
  show: [
    "show",
    "list",
    "get",
    "see",
    "view",
    "display",
    "read",
    "give",
    "open",
    "what",
    "which",
    "who",
    "whose",
    "when",
    "how",
    "check",
    "fetch",
    "print",
    "tell",
    "look",
    "count",
    "export",
    "download",
    "retrieve",
  ],
  find: ["find", "search", "where", "lookup", "query"],
  make: [
    "add",
    "create",
    "make",
    "new",
    "post",
    "write",
    "start",
    "open",
    "insert",
    "put",
    "attach",
    "upload",
    "note",
    "schedule",
    "register",
    "log",
    "comment",
    "book",
    "track",
  ],
  change: ["change", "update", "rename", "edit", "set", "modify", "assign", "mark", "patch", "replace", "fix", "label"],
  move: ["move", "transfer", "shift", "drag", "copy"],
  remove: ["delete", "remove", "drop", "erase", "clear", "cancel", "unassign", "trash", "discard"],
  send: [
    "send",
    "email",
    "mail",
    "message",
    "notify",
    "publish",
    "share",
    "invite",
    "reply",
    "submit",
    "pay",
    "refund",
    "transcribe",
    "translate",
    "convert",
  ],
  finish: ["close", "archive", "complete", "finish", "stop", "end", "resolve", "done"],
};

const byWord = new Map<string, Verb[]>();
for (const [verb, words] of Object.entries(verbs)) {
  for (const word of words) byWord.set(word, [...(byWord.get(word) ?? []), verb as Verb]);
}

/** Verbs a word may stand for: "open" may show or make. */
export function verbsOf(word: string): Verb[] {
  return byWord.get(word) ?? byWord.get(stem(word)) ?? [];
}

export const isReading = (verb: Verb): boolean => verb === "show" || verb === "find";

const stopWords = new Set(
  "a an am the my our your his her their this that these those it its to of in on at for from with by and or into onto as is are was be do does did can could would will shall should may might i we you me us he she they there here please thanks thank now just all any some every each one ones about up out off over under then than so if not no yes want need like let lets let's whats what's s hey hi have has had got there's id ids called named titled saying which's using via through inside within".split(
    " ",
  ),
);

/** Words of a text in lower case, camelCase and snake_case taken apart. */
export function wordsOf(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}']+/u)
    .filter((word) => word !== "");
}

export const isStopWord = (word: string): boolean => stopWords.has(word) || word.length < 2;

/** A word without its plural or verb ending, good enough to compare by. */
export function stem(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith("s") && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1);
  if (word.length > 5 && word.endsWith("ing")) return word.slice(0, -3);
  return word;
}

/** "Groceries!" and "groceries" are the same name. */
export function sameName(one: string, other: string): boolean {
  return normal(one) === normal(other) && normal(one) !== "";
}

export function normal(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
