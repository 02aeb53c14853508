import type { Fault } from "./fault.ts";
import { domainOf, hostOf } from "./hosts.ts";
import type { Entry } from "./read-table.ts";

/** Instructions say what the tool is for, its commands and its traps: never what an agent is to do beside it. */
export function instructionFaults(text: string, slug: string, table: Entry | undefined, family: string[]): Fault[] {
  const faults: Fault[] = [];
  const operations = table?.fields?.get("operations")?.fields ?? new Map<string, Entry>();
  if (text.length > 4000) faults.push({ file: "instructions.md", line: 1, text: "longer than 4,000 characters" });
  text.split("\n").forEach((line, at) => {
    const refuse = (why: string) => faults.push({ file: "instructions.md", line: at + 1, text: why });
    if (line.length > 300) refuse("a line longer than 300 characters");
    for (const { pattern, why } of orders) if (pattern.test(line)) refuse(why);
    for (const [url] of line.matchAll(/\b[a-z]+:\/\/[^\s)>`"']+/gi)) {
      const host = hostOf(url);
      if (!host || !(family.includes(domainOf(host)) || domainOf(host) === "example.com"))
        refuse(`${url} does not belong to the service`);
    }
    if (/^(?: {4}|\t)\S/.test(line)) {
      const why = commandFault(line.trim(), slug, operations);
      if (why) refuse(why);
    }
    for (const [, command = ""] of line.matchAll(/`([^`]+)`/g)) {
      if (!command.startsWith(`${slug} `)) continue;
      const why = commandFault(command, slug, operations);
      if (why) refuse(why);
    }
  });
  return faults;
}

function commandFault(command: string, slug: string, operations: Map<string, Entry>): string | undefined {
  if (!command.startsWith(`${slug} `)) return `a command must begin with "${slug}"`;
  const outside = command.replace(/'[^']*'/g, "''").replace(/"(?:[^"\\$`]|\\.)*"/g, '""');
  if (/[;&|<>`$\\]/.test(outside))
    return "one plain command only: no pipe, redirection, substitution or second command";
  const words = outside.slice(slug.length + 1).split(/\s+/);
  if (/^(?:search|call|--help)$/.test(words[0] ?? "") || (words.at(-1) === "--help" && words.length < 4))
    return undefined;
  const name = [3, 2, 1].map((count) => words.slice(0, count).join(" ")).find((one) => operations.has(one));
  if (!name) return `there is no operation "${words.slice(0, 2).join(" ")}"`;
  const operation = operations.get(name)?.fields;
  const inputs = operation?.get("input")?.fields ?? new Map<string, Entry>();
  const path = String(operation?.get("request")?.value ?? "");
  const strange = words
    .filter((word) => word.startsWith("--"))
    .map((word) => word.slice(2).split("=")[0] ?? "")
    .find((flag) => !inputs.has(flag) && !general.has(flag) && !path.includes(`{${flag}}`));
  return strange === undefined ? undefined : `"${name}" has no --${strange}`;
}

const general = new Set(["fields", "limit", "all", "input", "body", "file", "select", "output"]);

const orders: { pattern: RegExp; why: string }[] = [
  {
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|instruction|rule|polic|guideline|approval|safety)/i,
    why: "gives the agent orders beyond the tool",
  },
  {
    pattern:
      /\b(?:system prompt|developer message|you are (?:now\b|an? (?:\w+ )?(?:ai|assistant|agent|model|bot|hacker|admin\w*|root)\b)|as an? (?:ai|assistant|agent)|new instructions|important(?: note)? (?:for|to) (?:the )?(?:ai|agent|assistant|model))/i,
    why: "speaks to the agent about itself",
  },
  {
    pattern:
      /\b(?:without (?:asking|approval|confirm\w*|telling)|(?:do not|don't|never) (?:ask|tell|mention|inform|warn|show)|no need to (?:ask|confirm)|auto-?approve|approve (?:all|every|any)|always (?:run|call|send|allow|approve|execute|include))\b/i,
    why: "asks to act behind the person's back",
  },
  {
    pattern:
      /\b(?:send|post|copy|forward|upload|paste|print|echo|include|attach|share|leak|exfiltrat\w*)\b.{0,60}\b(?:passwords?|credentials?|secrets?|api keys?|tokens?|environment|env vars?|\.env|ssh|conversation|history)\b/i,
    why: "moves credentials or conversations",
  },
  {
    pattern:
      /\b(?:curl|wget|netcat|sudo)\b|(?:^\s*|[`(|]\s*|\brun\s+`?)(?:bash|sh|python3?|node|deno|npm|npx|pip|nc|ssh|eval|base64|cat|rm|env|printenv)\b/,
    why: "names a program that is not this tool",
  },
  {
    pattern: /<!--|<\/?[a-z][^>]*>|!\[|\]\(|javascript:|data:[a-z]+\//i,
    why: "no markup, comments, pictures or hidden links: plain text and commands",
  },
  {
    pattern:
      /\b(?:other|another|every|all) (?:tool|integration|connection|account)s?\b.{0,30}\b(?:use|call|run|read|open)|\b(?:use|call|run|read|open)\b.{0,30}\b(?:other|another) (?:tool|integration|connection)/i,
    why: "reaches for other tools",
  },
];
