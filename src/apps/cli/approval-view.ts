import type { Approval } from "../../contract/approval.ts";
import { readableBody } from "../../contract/readable-body.ts";
import { jack, printable, style } from "./style.ts";

/** An approval as the terminal shows it: first what will happen, then the whole request as it will be sent. */
export function drawApproval(approval: Approval, o: { now?: number; isAnswered?: boolean } = {}): string {
  const { request } = approval;
  const minutes = Math.max(0, Math.round((approval.expiresAt.getTime() - (o.now ?? Date.now())) / 60_000));
  const query = request.query ? `?${request.query.replace(/^\?/, "")}` : "";
  const lines = [
    `${jack.asking()} ${style.bold(printable(approval.summary || approval.operation))} ${style.access(approval.access)}`,
    `  ${printable(approval.integration.name)} · ${printable(approval.account)} · ${printable(approval.operation)}`,
    "",
    `  ${request.method} ${printable(`${request.host}${request.path}${query}`)}`,
  ];
  for (const { name, value } of request.headers ?? []) lines.push(`  ${printable(`${name}: ${value}`)}`);
  if (request.body !== null) {
    if (request.contentType) lines.push(`  content-type: ${printable(request.contentType)}`);
    lines.push("", ...indented(readableBody(request.body, request.contentType)));
    const cut = request.bodyBytes - new TextEncoder().encode(request.body).length;
    if (cut > 0) lines.push(style.soft(`  … ${cut} more bytes`));
  }
  const ending = o.isAnswered ? "" : ` Without an answer it ends as "no" in ${minutes} min.`;
  lines.push("", style.soft(`  ${printable(approval.reason)}${ending}`));
  return `${lines.join("\n")}\n`;
}

function indented(text: string): string[] {
  return printable(text)
    .split("\n")
    .map((line) => `  ${line}`);
}
