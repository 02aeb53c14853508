import type { Api } from "../../contract/procedures.ts";
import type { Approval, ApprovalAnswer } from "../../contract/approval.ts";
import type { ChatEvent, ConsentCard, SignInCard } from "../../contract/chat.ts";
import { drawApproval } from "./approval-view.ts";
import { chatView } from "./chat-view.ts";
import { failureOf } from "./failure.ts";
import { follow } from "./follow.ts";
import { signIn } from "./sign-in.ts";
import { jack, printable, style } from "./style.ts";
import { InputEnded, Interrupted, type Terminal } from "./terminal.ts";

const help = `  /new           a new conversation      /list   earlier ones
  /open NUMBER   go back to one          /quit   leave (or Ctrl-D)
  A number chooses from a list. Ctrl-C stops the answer; at an empty prompt it leaves.
`;

/**
 * The chat in the terminal: the same conversation, events and cards as on the page. Secrets are asked for hidden and go to the
 * vault, never into the conversation.
 */
export async function chat(
  api: Api,
  terminal: Terminal,
  o: { conversationId?: string; pageUrl: string },
): Promise<void> {
  let conversation = o.conversationId ?? (await api.conversations.create({})).id;
  let after = 0;
  let say: string[] = [];
  /** A sign-in went through, and the agent is about to go on by itself. */
  let goesOn = false;
  const { model } = await api.settings.get();
  terminal.write(
    `${jack.answering()} ${style.bold("Patchbay")} ${style.soft(`· ${model.name} · page: ${o.pageUrl} · /help`)}\n`,
  );
  if (model.source === "none") {
    terminal.write(
      style.soft(
        "  No model key is set: the guided model answers. Set ANTHROPIC_API_KEY, or enter one on the settings page.\n",
      ),
    );
  }
  terminal.write(style.soft('  Try: "connect me to the practice service", or paste the address of an API document.\n'));
  if (o.conversationId) after = await replay();

  for (;;) {
    let line: string;
    try {
      line = (await terminal.ask(style.lamp("› "), { history: true })).trim();
    } catch (error) {
      if (error instanceof Interrupted || error instanceof InputEnded) return;
      throw error;
    }
    if (!line) continue;
    if (line.startsWith("/")) {
      if (/^\/(quit|exit|q)$/.test(line)) return;
      await command(line);
      continue;
    }
    const chosen = /^\d+$/.test(line) ? say[Number(line) - 1] : undefined;
    try {
      await api.conversations.say({ id: conversation, text: chosen ?? line });
      await playTurn(chosen === undefined ? line : undefined);
    } catch (error) {
      terminal.write(`${style.alarm("✗")} ${printable(failureOf(error).message)}\n`);
    }
  }

  /** Draws events until the turn is over. A second Ctrl-C leaves the program. */
  async function playTurn(typed?: string): Promise<void> {
    const leave = new AbortController();
    let interrupts = 0;
    const onInterrupt = () => {
      interrupts += 1;
      if (interrupts > 1) process.exit(130);
      terminal.write(style.soft("\n  stopping … (Ctrl-C again leaves)\n"));
      void api.conversations.stop({ id: conversation }).catch(() => undefined);
    };
    process.on("SIGINT", onInterrupt);
    const view = chatView(terminal);
    try {
      for await (const event of follow(api, conversation, after, leave.signal)) {
        after = event.seq;
        const isEcho = event.body.type === "user_message" && event.body.text === typed;
        if (!isEcho) view.draw(event);
        await respond(event);
        if (event.body.type === "choices") say = event.body.choices.map((choice) => choice.say);
        if (event.body.type === "turn_started") goesOn = false;
        if (event.body.type === "turn_ended" && !goesOn) break;
      }
    } finally {
      leave.abort();
      process.off("SIGINT", onInterrupt);
    }
  }

  async function respond({ body }: ChatEvent): Promise<void> {
    try {
      if (body.type === "approval_asked") await askApproval(body.approval);
      if (body.type === "sharing_asked") await askSharing();
      if (body.type === "build_asked") await askBuild(body.card.buildId);
      if (body.type === "sign_in_needed") await askSignIn(body.card);
      if (body.type === "consent_asked" && terminal.interactive) await askConsent(body.card);
    } catch (error) {
      if (error instanceof Interrupted || error instanceof InputEnded) {
        terminal.write("\n");
        await api.conversations.stop({ id: conversation });
        return;
      }
      terminal.write(`${style.alarm("✗")} ${printable(failureOf(error).message)}\n`);
    }
  }

  async function askApproval(approval: Approval): Promise<void> {
    const [current] = (await api.approvals.list({ conversationId: conversation })).filter(
      (one) => one.id === approval.id,
    );
    if (current && current.status !== "pending") return;
    terminal.write(`\n${drawApproval(approval)}`);
    if (!terminal.interactive) {
      terminal.write("  There is no terminal to ask at, so the answer is no.\n");
      await api.approvals.answer({ id: approval.id, answer: "no" });
      return;
    }
    const typed = (await terminal.ask("Send it? [y/N/always] ")).trim().toLowerCase();
    const answer: ApprovalAnswer = typed === "always" ? "always" : /^y(es)?$/.test(typed) ? "yes" : "no";
    await api.approvals.answer({ id: approval.id, answer });
  }

  /** Without a terminal nothing is shared until somebody says so. */
  async function askSharing(): Promise<void> {
    if (!terminal.interactive || (await api.community.get()).sharing !== "ask") return;
    const typed = (await terminal.ask("Share them? [y/N/later] ")).trim().toLowerCase();
    if (typed === "later") return;
    await api.community.setSharing({ sharing: /^y(es)?$/.test(typed) ? "on" : "off" });
  }

  /** Without a terminal the question stays open: it can be answered on the page. */
  async function askBuild(buildId: string): Promise<void> {
    if (!terminal.interactive) return;
    const typed = (await terminal.ask("Build it? [y/N] ")).trim().toLowerCase();
    await api.conversations.decideBuild({ id: conversation, buildId, answer: /^y(es)?$/.test(typed) ? "yes" : "no" });
    goesOn = true;
  }

  async function askConsent({ cardId }: ConsentCard): Promise<void> {
    const typed = (await terminal.ask("Yes? [y/N] ")).trim().toLowerCase();
    await api.conversations.consent({ id: conversation, cardId, answer: /^y(es)?$/.test(typed) ? "yes" : "no" });
  }

  async function askSignIn(card: SignInCard): Promise<void> {
    if (!terminal.interactive) return;
    for (;;) {
      try {
        const { proof } = await signIn(api, terminal, card, undefined, {
          conversationId: conversation,
          cardId: card.cardId,
        });
        goesOn = proof.ok || proof.code === "nothing_to_try";
        return;
      } catch (error) {
        const { code, message } = failureOf(error);
        if (!code.startsWith("credential_")) throw error;
        terminal.write(`${style.alarm("✗")} ${printable(message)} ${style.soft("(Ctrl-C leaves it for later)")}\n`);
      }
    }
  }

  async function command(line: string): Promise<void> {
    const [name = "", argument = ""] = line.split(/\s+/, 2);
    if (name === "/new") {
      conversation = (await api.conversations.create({})).id;
      after = 0;
      say = [];
      terminal.write(style.soft("  a new conversation\n"));
    } else if (name === "/list" || name === "/open") {
      const all = await api.conversations.list({});
      const chosen = all[Number(argument) - 1];
      if (name === "/open" && chosen) {
        conversation = chosen.id;
        after = await replay();
        return;
      }
      for (const [index, one] of all.slice(0, 20).entries())
        terminal.write(`  ${index + 1}  ${printable(one.title)}\n`);
    } else terminal.write(style.soft(help));
  }

  /** Shows what was said so far, without asking its questions again; returns the last `seq`. */
  async function replay(): Promise<number> {
    const view = chatView(terminal);
    const all = await api.conversations.list({});
    const isRunning = all.find((one) => one.id === conversation)?.running ?? false;
    let last = 0;
    const enough = new AbortController();
    const idle = () => setTimeout(() => enough.abort(), 300);
    let timer = idle();
    for await (const event of follow(api, conversation, 0, enough.signal)) {
      clearTimeout(timer);
      view.draw(event);
      last = event.seq;
      timer = idle();
    }
    clearTimeout(timer);
    if (isRunning) {
      after = last;
      await playTurn();
      return after;
    }
    return last;
  }
}
