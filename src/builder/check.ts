import type { RequestRule } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import { ToolDescription } from "../contract/tool.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { refusalsOf } from "../sandbox/tool-code.ts";
import type { TypeChecker } from "./check-types.ts";

export type Checked = { tool: ToolDescription; rules: RequestRule[] };

type Needs = { sandbox: Pick<Sandbox, "describe">; types: TypeChecker };
type Candidate = { slug: string; cliCode: string; baseUrl: string; hosts: string[] };

/**
 * Judges a generated file before anything of it is saved: what it may import, its types, what it says of itself when run in
 * the sandbox without a network, the hosts it means to reach, and that every operation is told to be a read or a write.
 *
 * The file is never evaluated in this process.
 * @throws Problem `tool_refused`, with every reason found, each naming its line or operation.
 */
export async function check(needs: Needs, candidate: Candidate, signal?: AbortSignal): Promise<Checked> {
  const refusals = await refusalsOf(candidate.cliCode);
  // What may not be imported is not shown to the type checker or run either, nor what nests too deeply.
  if (refusals.length > 0) throw new Problem("tool_refused", { reasons: refusals.slice(0, mostReasons) });

  const faults = (await needs.types.check(candidate.cliCode)).map((one) => `line ${one.line}: ${one.text}`);
  if (faults.length > 0) throw new Problem("tool_refused", { reasons: faults.slice(0, mostReasons) });

  const described = await needs.sandbox.describe(candidate.cliCode, signal ? { signal } : {});
  if (!described.ok) {
    throw new Problem("tool_refused", {
      reasons: [`it does not describe itself: ${described.stderr.trim().slice(0, 600) || "no output"}`],
    });
  }
  const read = ToolDescription.safeParse(described.description);
  if (!read.success) {
    const reasons = read.error.issues.slice(0, mostReasons).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Problem("tool_refused", { reasons });
  }
  const tool = read.data;
  const ownHost = tool.baseUrl === undefined ? undefined : hostOf(tool.baseUrl);
  const reasons = [
    // The gateway would not follow it there; whoever runs the file by hand would.
    ...(tool.baseUrl === undefined || (ownHost !== undefined && candidate.hosts.includes(ownHost))
      ? []
      : [`it calls ${tool.baseUrl} its base URL, which is not at a declared host (${candidate.hosts.join(", ")})`]),
    ...(tool.slug === candidate.slug ? [] : [`it calls itself "${tool.slug}", not "${candidate.slug}"`]),
    ...(Object.keys(tool.operations).length > 0 ? [] : ["it has no operation"]),
    ...refusedOperations(tool, candidate),
  ];
  if (reasons.length > 0) throw new Problem("tool_refused", { reasons: reasons.slice(0, mostReasons) });
  return { tool, rules: rulesOf(tool, candidate.baseUrl) };
}

/** The request table the gateway decides by: one line for each request an operation may make. */
export function rulesOf(tool: ToolDescription, baseUrl: string): RequestRule[] {
  const base = baseUrl.replace(/\/+$/, "");
  return Object.entries(tool.operations).flatMap(([operation, { access, requests, graphql }]) =>
    requests.map((request) => {
      const { method, target } = splitRequest(request);
      const url = target.startsWith("/") || target === "" ? `${base}${target}` : target;
      return { operation, access, method, url, ...(graphql ? { graphql } : {}) };
    }),
  );
}

const mostReasons = 20;

function refusedOperations(tool: ToolDescription, { baseUrl, hosts }: Candidate): string[] {
  const reasons: string[] = [];
  const baseHost = hostOf(baseUrl);
  if (!baseHost || !hosts.includes(baseHost))
    reasons.push(`its base URL ${baseUrl} is not at a declared host (${hosts.join(", ")})`);
  for (const [name, operation] of Object.entries(tool.operations)) {
    if (operation.requests.length === 0) reasons.push(`"${name}" names no request`);
    for (const request of operation.requests) {
      const { method, target } = splitRequest(request);
      if (!/^[A-Z]+$/.test(method)) reasons.push(`"${name}": "${request}" is not "METHOD /path"`);
      if (!target.startsWith("/") && target !== "") {
        const host = hostOf(target);
        if (!host || !hosts.includes(host))
          reasons.push(`"${name}" would reach ${host ?? target}, which is not declared`);
      }
      // A GraphQL query is sent by POST; the gateway reads the document itself.
      if (operation.access === "read" && !["GET", "HEAD"].includes(method) && operation.graphql?.type !== "query") {
        reasons.push(
          `"${name}" calls itself a read but sends ${method}: mark it "write"; a person may allow it as a read later`,
        );
      }
    }
  }
  return reasons;
}

function splitRequest(request: string): { method: string; target: string } {
  const [method = "", ...rest] = request.trim().split(/\s+/);
  return { method, target: rest.join(" ") };
}

/** `https://{subdomain}.example.com:8443/x` -> `{subdomain}.example.com:8443`; a URL template is not yet a URL. */
function hostOf(template: string): string | undefined {
  return /^https?:\/\/([^/?#@\\\s]+)(?:[/?#]|$)/i.exec(template)?.[1]?.toLowerCase();
}
