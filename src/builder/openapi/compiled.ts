import type { ToolDescription } from "@patchbay/kit";
import type { AuthMethod, UrlVariable } from "../../contract/auth-method.ts";
import type { LeftOut } from "./model.ts";

export type SourceKind = "openapi" | "discovery" | "postman" | "graphql";

/** What a document becomes. */
export type Compiled = {
  kind: SourceKind;
  slug: string;
  name: string;
  description: string;
  category?: string;
  docsUrl?: string;
  iconUrl?: string;
  /** May hold `{variables}`; absent when the document does not say where the API is. */
  baseUrl?: string;
  variables: UrlVariable[];
  auth: AuthMethod[];
  cliCode: string;
  instructions: string;
  /** What `--describe` of the tool prints. */
  tool: ToolDescription;
  permissions: {
    readOps: string[];
    writeOps: string[];
    /** Writes that look like reads: they become so when a person says yes. */
    suggestedReads: Record<string, string>;
  };
  hosts: string[];
  leftOut: LeftOut[];
  /** Beside `previous`: what a newer document brought. New operations start at "ask". */
  changes?: { added: string[]; removed: string[]; changed: string[] };
  /** A few lines by which a person can judge. */
  summary: string;
};

export type Progress = { step: string; detail?: string };

export type CompileOptions = {
  /** Address the document came from: relative servers and references are taken from there. */
  fetchedFrom?: string;
  slug?: string;
  name?: string;
  /** Where the API is, when the document does not say or the person knows better. */
  baseUrl?: string;
  /** Gets a part of the document that lies elsewhere. Must be the guarded fetch: the address is a stranger's. */
  fetchReference?: (url: string) => Promise<string>;
  /** The tool made from an older document: names are kept, and the difference is told. */
  previous?: ToolDescription;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
};

export function summaryOf(compiled: Omit<Compiled, "summary">): string {
  const { permissions, auth, hosts, leftOut, changes } = compiled;
  const odd = permissions.writeOps.filter((name) => compiled.tool.operations[name]?.reason).length;
  const lines = [
    `${compiled.name} (${compiled.slug})`,
    `operations  ${permissions.readOps.length + permissions.writeOps.length}: ${permissions.readOps.length} read, ${permissions.writeOps.length} write${odd > 0 ? ` (${odd} of them sent by GET)` : ""}`,
    `sign-in     ${auth.map(methodLine).join("; or ")}`,
    `hosts       ${hosts.join(", ") || "not said: give a base URL"}`,
  ];
  const suggested = Object.entries(permissions.suggestedReads);
  if (suggested.length > 0) {
    const some = suggested.slice(0, 5).map(([operation, reason]) => `\n            ${operation}: ${reason}`);
    const more = suggested.length > 5 ? `\n            and ${suggested.length - 5} more` : "";
    lines.push(
      `may read    ${suggested.length} of the writes may only read, and do once somebody says so:${some.join("")}${more}`,
    );
  }
  if (changes)
    lines.push(
      `changes     ${changes.added.length} new, ${changes.removed.length} gone, ${changes.changed.length} changed`,
    );
  for (const one of leftOut.slice(0, 10)) lines.push(`left out    ${one.what}: ${one.why}`);
  if (leftOut.length > 10) lines.push(`left out    and ${leftOut.length - 10} more`);
  return lines.join("\n");
}

function methodLine(method: AuthMethod): string {
  switch (method.type) {
    case "oauth2":
      return `OAuth 2 (${method.grant.replaceAll("_", " ")})`;
    case "api_key":
      return method.fields
        .map((field) => `${field.label} in ${field.places.map((place) => place.in.replace("_", " ")).join(" and ")}`)
        .join(" and ");
    case "bearer_token":
      return "access token";
    case "basic":
      return "user name and password";
    case "none":
      return "none";
  }
}
