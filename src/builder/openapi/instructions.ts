import type { ToolDescription } from "@patchbay/kit";
import type { AuthMethod } from "../../contract/auth-method.ts";
import type { LeftOut } from "./model.ts";

type Parts = { tool: ToolDescription; methods: AuthMethod[]; leftOut: LeftOut[]; name: string };

/** Short notes for whoever uses the tool: what it is for, the commands most likely wanted, and what would trip one up. */
export function writeInstructions({ tool, methods, leftOut, name }: Parts): string {
  const entries = Object.entries(tool.operations);
  const reads = entries.filter(([, one]) => one.access === "read").length;
  const about = tool.summary === name ? "" : (tool.summary ?? "");
  const lines = [
    `# ${name}`,
    "",
    `${about ? `${about}. ` : ""}${entries.length} operations, ${reads} read and ${entries.length - reads} write.`,
    "",
    "## Likely wanted",
    "",
    ...likely(tool).map(
      (one) => `- \`${tool.slug} ${one}\`${`: ${tool.operations[one]?.summary ?? tool.operations[one]?.requests[0]}`}`,
    ),
    "",
    `Find others with \`${tool.slug} search "words"\`; inputs of one with \`--help\`.`,
  ];
  const traps = trapsOf(tool, methods, leftOut);
  if (traps.length > 0) lines.push("", "## Traps", "", ...traps.map((one) => `- ${one}`));
  return `${lines.join("\n")}\n`;
}

/** Ten commands: lists and looks that need nothing first, then what is created, from many groups. */
export function likely(tool: ToolDescription): string[] {
  const scored = Object.entries(tool.operations).map(([name, operation], index) => {
    const [group = "", action = ""] = name.split(" ");
    const needs =
      Object.values(operation.input ?? {}).filter((one) => one.required).length +
      (operation.requests[0]?.match(/\{/g)?.length ?? 0);
    let score = 10 - needs * 2 - action.split("-").length * 1.5 - group.split("-").length;
    if (/^list$/.test(action)) score += 5;
    else if (/^(?:get|search|create|me|send|update)$/.test(action)) score += 3;
    if (operation.access === "write") score -= 1;
    if (/delete|remove/.test(action)) score -= 4;
    if (operation.deprecated) score -= 8;
    return { name, group, score, index };
  });
  scored.sort((a, b) => b.score - a.score || a.index - b.index);
  const chosen: string[] = [];
  const perGroup = new Map<string, number>();
  const perDeed = new Map<string, number>();
  const most = Math.max(2, Math.ceil(10 / new Set(scored.map((one) => one.group)).size));
  for (const { name, group } of scored) {
    const count = perGroup.get(group) ?? 0;
    const deed = name.split(" ")[1]?.split("-")[0] ?? "";
    const alike = perDeed.get(deed) ?? 0;
    if (count >= most || alike >= 4) continue;
    perDeed.set(deed, alike + 1);
    perGroup.set(group, count + 1);
    chosen.push(name);
    if (chosen.length === 10) break;
  }
  return chosen;
}

/** What is left out is named in one line; more of it the summary says. */
const longestLine = 240; // letters

function trapsOf(tool: ToolDescription, methods: AuthMethod[], leftOut: LeftOut[]): string[] {
  const operations = Object.values(tool.operations);
  const traps: string[] = [];
  const odd = operations.filter((one) => one.reason && one.access === "write").length;
  if (odd > 0)
    traps.push(
      `${odd === 1 ? "1 operation is" : `${odd} operations are`} sent by GET and still ${odd === 1 ? "counts as a write" : "count as writes"}, because what is said of them tells of a change.`,
    );
  const pages = operations.filter((one) => one.pages).length;
  if (pages > 0)
    traps.push(`Lists come in pages: \`--all\` follows them (${pages} operations), \`--limit N\` stops early.`);
  if (operations.some((one) => one.input?.fields))
    traps.push("`--fields` trims the answer here; the service's own parameter of that name is `--query.fields`.");
  const deprecated = operations.filter((one) => one.deprecated).length;
  if (deprecated > 0) traps.push(`${deprecated} operations are deprecated.`);
  if (methods.every((one) => one.type === "none")) traps.push("The document names no sign-in.");
  if (tool.hosts.length > 1) traps.push(`It reaches ${tool.hosts.join(", ")}.`);
  const left = leftOut
    .slice(0, 5)
    .map((one) => `${one.what.length > 90 ? `${one.what.slice(0, 89)}…` : one.what} (${one.why})`)
    .filter((_, at, all) => all.slice(0, at + 1).join("; ").length <= longestLine);
  if (left.length > 0)
    traps.push(
      `Left out: ${left.join("; ")}${leftOut.length > left.length ? `; and ${leftOut.length - left.length} more` : ""}.`,
    );
  return traps;
}
