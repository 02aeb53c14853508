/** One request the practice service answered. No secret is in it: query values are masked, headers left out. */
export type PracticeLogEntry = {
  /** Counts from 1, in the order of the answers. */
  number: number;
  /** When it was answered, ISO 8601. */
  at: string;
  part: "api" | "authorization" | "pages";
  method: string;
  path: string;
  /** Query parameters; values of `key`, `token` and the like read `[masked]`. */
  query: Record<string, string>;
  status: number;
  /** Who was signed in at the API: `ana`, `ben`. */
  account?: string;
  signIn?: "api_key" | "key_and_token" | "oauth2";
  /** The operation of the OpenAPI document. */
  operationId?: string;
  /** At the token endpoint. */
  grantType?: string;
  clientId?: string;
  /** What the API was sent: digest and size, and the JSON when it was JSON. */
  body?: { sha256: string; bytes: number; json?: unknown };
};

export type PracticeLog = {
  add(entry: Omit<PracticeLogEntry, "number" | "at">): void;
  entries(): readonly PracticeLogEntry[];
};

const keptEntries = 10_000;
export function openLog(print?: (line: string) => void): PracticeLog {
  const entries: PracticeLogEntry[] = [];
  let count = 0;
  return {
    add(entry) {
      count += 1;
      entries.push({ number: count, at: new Date().toISOString(), ...entry });
      if (entries.length > keptEntries) entries.splice(0, entries.length - keptEntries);
      print?.(`${entry.method} ${entry.path} ${entry.status}${entry.account ? ` ${entry.account}` : ""}`);
    },
    entries: () => [...entries],
  };
}

/** Query parameters with secrets blotted out: at the API those that sign in, at the authorization server all but the harmless. */
export function masked(query: URLSearchParams, part: PracticeLogEntry["part"]): Record<string, string> {
  const isSecret =
    part === "authorization"
      ? (name: string) => !harmless.has(name)
      : (name: string) => signIns.has(name.toLowerCase());
  return Object.fromEntries([...query].map(([name, value]) => [name, isSecret(name) ? "[masked]" : value]));
}

const signIns = new Set(["key", "token", "access_token"]);
const harmless = new Set([
  "client_id",
  "code_challenge_method",
  "error",
  "prompt",
  "redirect_uri",
  "resource",
  "response_type",
  "scope",
]);
