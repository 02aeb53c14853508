import type { Approval } from "../../contract/approval.ts";
import { buildCardLines } from "../../contract/build.ts";
import type { ChatEvent } from "../../contract/chat.ts";
import { cutOffNote, yesForLater } from "../../contract/cut-off.ts";
import { drawStep } from "./connect.ts";
import { drawChart } from "./draw-chart.ts";
import { markdownWriter } from "./draw-markdown.ts";
import { jack, printable, seconds, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

const shownLines = 4;

/** Draws chat events as lines of text, in the order in which they come. */
export function chatView(terminal: Pick<Terminal, "write">) {
  let openText = false;
  const writer = markdownWriter(terminal);
  const quiet = new Set<string>();
  /** Questions that are still open, and those whose command ended before the answer. */
  const open = new Map<string, Approval>();
  const cutOff = new Set<string>();
  const line = (text: string) => {
    if (writer.end()) openText = true;
    if (openText) terminal.write("\n");
    openText = false;
    terminal.write(`${text}\n`);
  };
  const cutOffOpen = () => {
    for (const [id, approval] of open) {
      cutOff.add(id);
      line(`${jack.asking()} ${printable(approval.summary || approval.operation)}: ${cutOffNote(approval)}`);
    }
    open.clear();
  };

  return {
    draw({ body }: ChatEvent): void {
      switch (body.type) {
        case "user_message":
          return line(style.soft(`› ${printable(body.text)}`));
        case "text":
          writer.write(body.text);
          openText = !body.text.endsWith("\n");
          return;
        case "tool_started":
          // Choices are shown by themselves; the call behind them says nothing more.
          if (body.tool === "choices" || body.tool === "chart") quiet.add(body.callId);
          if (quiet.has(body.callId)) return;
          return line(style.soft(`  ▸ ${printable(body.title)}`));
        case "tool_ended": {
          cutOffOpen();
          if (quiet.has(body.callId) && body.ok) return;
          const mark = body.ok ? style.soft("✓") : style.alarm("✗");
          const lines = printable(body.result).trimEnd().split("\n");
          const shown = lines.slice(0, shownLines).map((one) => style.soft(`    ${one.slice(0, 160)}`));
          const more = lines.length - shownLines;
          if (more > 0) shown.push(style.soft(`    … ${more} more lines${body.file ? `, all in ${body.file}` : ""}`));
          return line([`  ${mark} ${style.soft(seconds(body.ms))}`, ...(body.result ? shown : [])].join("\n"));
        }
        case "build_step":
          if (openText) line("");
          return drawStep(terminal, body);
        case "sign_in_needed":
          return line(
            `${jack.asking()} ${style.bold(printable(body.card.integration.name))} asks you to sign in.${body.card.reason ? ` ${printable(body.card.reason)}` : ""}`,
          );
        case "connected":
          return line(`${jack.answering()} Connected to ${body.slug} as ${style.bold(printable(body.label))}`);
        case "sign_in_failed":
          return line(`${jack.asking()} ${style.alarm(printable(body.message))}`);
        case "consent_asked":
          return line(
            [
              `${jack.asking()} ${style.bold(printable(body.card.question))}`,
              ...body.card.lines.map((one) => style.soft(`  ${printable(one)}`)),
              ...(body.card.changes ?? []).flatMap(({ name, diff }) => [
                style.soft(`  ${name}`),
                ...diff.split("\n").map((one) => `  ${printable(one)}`),
              ]),
            ].join("\n"),
          );
        case "consent_ended":
          return line(style.soft(body.answer === "yes" ? "  ✓ in effect" : "  ✗ left as it was"));
        case "approval_asked":
          open.set(body.approval.id, body.approval);
          cutOff.delete(body.approval.id);
          return;
        case "approval_ended":
          open.delete(body.approvalId);
          if (cutOff.has(body.approvalId) && body.status === "approved") return line(style.soft(`  ${yesForLater}`));
          return line(
            style.soft(
              `  ${{ approved: "✓ sent", denied: "✗ not sent", expired: "✗ nobody answered: not sent" }[body.status]}`,
            ),
          );
        case "build_asked":
          return line(
            [
              `${jack.asking()} ${style.bold(`Ready to build ${printable(body.card.name)}?`)}`,
              ...buildCardLines(body.card).map((one) => `    ${printable(one)}`),
            ].join("\n"),
          );
        case "build_answered":
          return line(style.soft(body.answer === "yes" ? "  ✓ yes, build it" : "  ✗ no"));
        case "sharing_asked":
          return line(
            [
              `Tools that work can be shared with everyone: a public pull request each to ${printable(body.repository)}, with the`,
              "operations, hosts and sign-in, never your keys, data, names or private addresses.",
              style.soft("  patchbay community share on | off"),
            ].join("\n"),
          );
        case "choices":
          return line(
            [
              printable(body.question),
              ...body.choices.map(
                (one, index) =>
                  `  ${index + 1}  ${printable(one.label)}${one.hint ? style.soft(`  ${printable(one.hint)}`) : ""}`,
              ),
            ].join("\n"),
          );
        case "chart":
          return line(drawChart(body.chart));
        case "turn_ended":
          openText = writer.end() || openText;
          cutOffOpen();
          if (body.message)
            return line(`${body.outcome === "done" ? "" : style.alarm("✗ ")}${printable(body.message)}`);
          return openText ? line("") : undefined;
        case "turn_started":
        case "tool_output":
        case "usage":
          return;
      }
    },
  };
}
