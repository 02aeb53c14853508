import { randomUUID } from "node:crypto";
import { ZodError } from "zod";
import type { ChatEventBody } from "../contract/chat.ts";
import type { ConnectedService } from "../contract/connected-service.ts";
import { answerOf, isProblem, Problem } from "../contract/problem.ts";
import type { RequestLine } from "../contract/request-line.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { showHidden } from "../contract/marked-data.ts";
import type { ContentBlock, Model, ModelMessage, SearchEvent, ToolUse, Usage } from "../llm/model.ts";
import type { Events } from "./events.ts";
import { fitHistory } from "./fit-history.ts";
import { appendMessage, nextPlace, openCalls, readHistory } from "./history.ts";
import { gatherSpeech, type Speech } from "./speech.ts";
import { searchNote, systemPrompt } from "./prompt.ts";
import { mayRead } from "./may-read.ts";
import { saidByPerson } from "./said.ts";
import { requestsMade } from "./tools/bash.ts";
import type { AgentTool, ToolOutcome } from "./tools/tool.ts";
import { endTurn, keepTurn, releaseTurn, renewLease, type Turn, type TurnOutcome } from "./turns.ts";

export type WorkNeeds = {
  database: Database;
  events: Events;
  model(scope: Scope): Promise<Model>;
  services(scope: Scope): Promise<ConnectedService[]>;
  tools: AgentTool[];
  /** Counts what a tool in the making has cost, and knows when the person is to be asked before it costs more. */
  builds: {
    spend(scope: Scope, conversationId: string, usage: Usage): Promise<void>;
    overBudget(
      scope: Scope,
      conversationId: string,
    ): Promise<{ id: string; spent: Usage; tokenLimit: number } | undefined>;
    raiseBudget(scope: Scope, buildId: string): Promise<void>;
  };
  /** What the commands of a turn have sent so far. */
  requestsOf(scope: Scope, turnId: string): Promise<RequestLine[]>;
  /** Whether a host lies in this server's own network, and may be reached. */
  isInside(host: string): boolean;
  serverId: string;
  now(): Date;
  log(line: string): void;
};

/** Why work on a turn is ended from outside: the person, this server's own end, or another server that has it now. */
export type Interruption = "stopped" | "closing" | "lost";

/**
 * Works on a turn until it ends: asks the model, runs its calls, hands back their results. Every step is kept before the next
 * begins, so whoever takes the turn up after a crash goes on from there; a call that had started is never run again.
 */
export async function workOn(needs: WorkNeeds, scope: Scope, turn: Turn, interrupt: AbortController): Promise<void> {
  const work = new Work(needs, scope, turn, interrupt.signal);
  const heartbeat = setInterval(() => {
    work.renew().catch((error: unknown) => needs.log(`turn ${turn.id}: lease not renewed: ${String(error)}`));
  }, renewEveryMs);
  work.onLost = () => interrupt.abort("lost" satisfies Interruption);
  try {
    const ended = await work.toItsEnd();
    await work.end(ended);
  } catch (error) {
    await afterwards(work, error, interrupt.signal);
  } finally {
    clearInterval(heartbeat);
  }
}

/** An error at the end of a turn is told to the person; an interruption leaves the history whole. */
async function afterwards(work: Work, error: unknown, signal: AbortSignal): Promise<void> {
  const why: unknown = signal.aborted ? signal.reason : undefined;
  if (why === "lost" || error instanceof LeaseLost) return;
  if (isProblem(error, "not_found")) return; // the conversation was deleted meanwhile
  if (why === "closing") return work.release();
  if (why === "stopped") {
    await work.settleOpenCalls("The person stopped this.");
    return work.end({ outcome: "stopped" });
  }
  await work.settleOpenCalls("The turn failed before this ran to its end.");
  if (error instanceof Problem) return work.end({ outcome: "failed", code: error.code, message: error.message });
  return work.end({ outcome: "failed", code: "broken", message: work.broken(error) });
}

type Ended = { outcome: TurnOutcome; code?: string; message?: string };

class LeaseLost extends Error {}

const renewEveryMs = 10_000;
const mostSteps = 50;
/** Searches cost by the piece: so many in one answer of the model, and about so many until the person speaks again. */
const searchesAtOnce = 4;
const mostSearches = 12;
const mostAttempts = 4;

/** Holds one turn while it is worked on: its row, its lease, its place in the history. */
class Work {
  readonly needs: WorkNeeds;
  readonly scope: Scope;
  readonly turn: Turn;
  readonly signal: AbortSignal;
  onLost: () => void = () => undefined;
  /** The person has just spoken. */
  private isFresh = false;
  private keeping: Promise<void> = Promise.resolve();

  constructor(needs: WorkNeeds, scope: Scope, turn: Turn, signal: AbortSignal) {
    this.needs = needs;
    this.scope = scope;
    this.turn = turn;
    this.signal = signal;
  }

  async toItsEnd(): Promise<Ended> {
    const { state } = this.turn;
    if (!state.begun) await this.begin();
    else if (state.speaking !== undefined) await this.markHalfText(state.speaking);
    if (state.attempts > mostAttempts) {
      await this.settleOpenCalls("Patchbay was stopped while this ran.");
      const cut = new Problem("turn_cut");
      return { outcome: "cut", code: cut.code, message: cut.message };
    }
    let asked = 0;
    for (;;) {
      this.signal.throwIfAborted();
      const history = await this.history();
      const calls = openCalls(history);
      if (calls.length > 0) {
        if (await this.answer(calls)) return { outcome: "done" };
        continue;
      }
      // The server fell between the last word and the end of the turn.
      if (history.at(-1)?.role === "assistant") return { outcome: "done" };
      if (await this.isBuildSpent()) return { outcome: "done" };
      if (state.searches >= mostSearches) {
        await this.say(`I stopped here after ${state.searches} searches of the web. Say "go on" and I will continue.`);
        return { outcome: "done" };
      }
      if (asked === mostSteps) break; // its calls are answered, so the history is whole
      asked += 1;
      if (await this.ask(history)) return { outcome: "done" };
    }
    await this.say(`I stopped here after ${mostSteps} steps. Say "go on" and I will continue.`);
    return { outcome: "done" };
  }

  /** Ends the turn before a build costs more than it may; the person's next words let it go on. */
  private async isBuildSpent(): Promise<boolean> {
    const { builds } = this.needs;
    const over = await builds.overBudget(this.scope, this.turn.conversationId);
    if (!over) return false;
    if (this.isFresh) {
      this.isFresh = false;
      await builds.raiseBudget(this.scope, over.id);
      return false;
    }
    const count = (tokens: number) => tokens.toLocaleString("en");
    await this.say(
      `I stopped: building this tool has cost ${count(over.spent.inputTokens)} input tokens (and ${count(over.spent.cachedTokens)} from the cache), its budget. What is written so far is kept. Say "go on" and it may cost as much again.`,
    );
    return true;
  }

  /** Puts the person's words into the history. */
  private async begin(): Promise<void> {
    this.turn.state.begun = true;
    const text = this.turn.state.say;
    this.isFresh = !text.startsWith("[Patchbay]");
    this.turn.state.historyFrom = await this.within((tx) => nextPlace(tx, this.turn.conversationId));
    await this.keep([{ type: "turn_started", turnId: this.turn.id }], (tx) =>
      appendMessage(tx, this.scope, this.turn.conversationId, { role: "user", content: [{ type: "text", text }] }),
    );
  }

  /** The half that was told stays; the model is asked anew. */
  private async markHalfText(messageId: string): Promise<void> {
    delete this.turn.state.speaking;
    await this.keep([
      { type: "text", messageId, text: " …\n\n*Patchbay was restarted here. The answer begins again:*\n\n" },
    ]);
  }

  /** Asks the model once. True when it is done speaking and calls nothing. */
  private async ask(history: ModelMessage[]): Promise<boolean> {
    const model = await this.needs.model(this.scope);
    const speech = gatherSpeech((messageId, text) => {
      this.turn.state.speaking = messageId;
      return this.keep([{ type: "text", messageId, text }]);
    });
    const request = {
      system: systemPrompt(await this.needs.services(this.scope), this.needs.now()),
      messages: fitHistory(history),
      tools: this.needs.tools.map((tool) => tool.spec),
      webSearch: { maxUses: searchesAtOnce, note: searchNote() },
      signal: this.signal,
    };
    try {
      for await (const event of model.stream(request)) {
        if (event.type === "text") {
          speech.add(event.text);
          continue;
        }
        if (event.type === "search") {
          await speech.end();
          await this.tellSearch(event);
          continue;
        }
        await speech.end();
        delete this.turn.state.speaking;
        const content = event.stopReason === "max_tokens" ? await this.withoutHalfCalls(event.content) : event.content;
        await this.keep([{ type: "usage", ...event.usage, model: model.name }], (tx) =>
          appendMessage(tx, this.scope, this.turn.conversationId, { role: "assistant", content }),
        );
        await this.needs.builds.spend(this.scope, this.turn.conversationId, event.usage);
        return !content.some((block) => block.type === "tool_use");
      }
      throw new Problem("model_unavailable", { detail: "its answer had no end. Try again in a moment." });
    } catch (error) {
      if (speech.said() !== "" && this.signal.reason !== "lost" && this.signal.reason !== "closing") {
        await this.keepHalfAnswer(speech);
      }
      throw error;
    }
  }

  /** A search is over when we hear of it: its line is told whole. What it found comes from strangers. */
  private async tellSearch({ id, query, results, failed }: SearchEvent): Promise<void> {
    this.turn.state.searches += 1;
    const words = showHidden(query).slice(0, 200);
    const count = `${results.length} result${results.length === 1 ? "" : "s"}`;
    const outcome = failed === undefined ? count : `failed (${failed.replaceAll("_", " ")})`;
    const found = results.map(({ title, url }) => `${showHidden(title)}\n${showHidden(url)}`).join("\n");
    const title = `Searched the web for "${words}": ${outcome}`;
    await this.keep([
      { type: "tool_started", callId: id, tool: "web_search", title, input: { query } },
      { type: "tool_ended", callId: id, ok: failed === undefined, ms: 0, result: found.slice(0, longestShown) },
    ]);
  }

  /** What the person has read is part of the conversation, even when its end never came. */
  private async keepHalfAnswer(speech: Speech): Promise<void> {
    await speech.end();
    delete this.turn.state.speaking;
    const content: ContentBlock[] = [{ type: "text", text: `${speech.said()}\n[the answer was ended here]` }];
    await this.keep([], (tx) =>
      appendMessage(tx, this.scope, this.turn.conversationId, { role: "assistant", content }),
    );
  }

  /** A call at the token limit may have lost half its input: it is left out and said so. */
  private async withoutHalfCalls(content: ContentBlock[]): Promise<ContentBlock[]> {
    const whole = content.filter((block) => block.type !== "tool_use");
    await this.say('\n\n(This answer reached its longest length. Say "go on" for the rest.)', false);
    return [...whole, { type: "text", text: "[the answer reached its longest length; no call was made]" }];
  }

  private async say(text: string, keepInHistory = true): Promise<void> {
    await this.keep([{ type: "text", messageId: randomUUID(), text }], async (tx) => {
      if (!keepInHistory) return;
      await appendMessage(tx, this.scope, this.turn.conversationId, {
        role: "assistant",
        content: [{ type: "text", text }],
      });
    });
  }

  /** Runs the calls one after the other and hands back all results at once. True when one of them ends the turn. */
  private async answer(calls: ToolUse[]): Promise<boolean> {
    const { state } = this.turn;
    for (const call of calls) {
      if (state.results[call.id]) continue;
      this.signal.throwIfAborted();
      if (state.started.includes(call.id)) {
        await this.endCall(call, await this.cutOff("Patchbay was stopped while this ran"), 0);
        continue;
      }
      state.started.push(call.id);
      const tool = this.needs.tools.find((one) => one.spec.name === call.name);
      const title = tool?.title(call.input) ?? call.name;
      await this.keep([{ type: "tool_started", callId: call.id, tool: call.name, title, input: call.input }]);
      const started = performance.now();
      const outcome = await this.run(tool, call);
      await this.endCall(call, outcome, Math.round(performance.now() - started));
    }
    return this.handBack(calls);
  }

  private async run(tool: AgentTool | undefined, call: ToolUse): Promise<ToolOutcome> {
    if (!tool) return { content: `There is no tool called ${call.name}.`, isError: true };
    try {
      const outcome = await tool.run(call.input, {
        scope: this.scope,
        conversationId: this.turn.conversationId,
        turnId: this.turn.id,
        callId: call.id,
        signal: this.signal,
        emit: (...bodies) => this.keep(bodies),
        said: (words) => this.within((tx) => saidByPerson(tx, this.turn.conversationId, words)),
        mayRead: (address) =>
          this.within((tx) =>
            mayRead(tx, this.scope, {
              address,
              conversationId: this.turn.conversationId,
              isInside: this.needs.isInside,
            }),
          ),
      });
      this.throwIfInterrupted();
      return outcome;
    } catch (error) {
      this.throwIfInterrupted();
      if (error instanceof LeaseLost) throw error;
      if (error instanceof Problem) {
        return { content: JSON.stringify(answerOf(error)), shown: error.message, isError: true };
      }
      if (error instanceof ZodError) {
        const detail = error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`).join("; ");
        return { content: `The input does not fit: ${detail}`, isError: true };
      }
      const content = this.broken(error);
      return { content, isError: true };
    }
  }

  /** Whatever a call says once the work is interrupted is not its result: it was cut. */
  private throwIfInterrupted(): void {
    if (this.signal.aborted) throw this.signal.reason;
  }

  private async cutOff(why: string): Promise<ToolOutcome> {
    const requests = await this.needs.requestsOf(this.scope, this.turn.id);
    return {
      content: `cut: ${why}. It did not come to its end and was not run again.\n${requestsMade(requests)}`,
      isError: true,
      cut: true,
    };
  }

  private async endCall(call: ToolUse, outcome: ToolOutcome, ms: number): Promise<void> {
    const { content, shown = content, isError = false, endsTurn = false, file, cut, requests = [] } = outcome;
    this.turn.state.results[call.id] = { content, isError, endsTurn };
    await this.keep([
      {
        type: "tool_ended",
        callId: call.id,
        ok: !isError,
        ms,
        result: shown.slice(0, longestShown),
        ...(file === undefined ? {} : { file }),
        ...(cut ? { cut } : {}),
        // All of it is kept; whoever follows the conversation is told the lines only.
        ...(requests.length > 0 ? { requests } : {}),
      },
    ]);
  }

  private async handBack(calls: ToolUse[]): Promise<boolean> {
    const { results } = this.turn.state;
    const content: ContentBlock[] = calls.map(({ id }) => ({
      type: "tool_result",
      tool_use_id: id,
      content: results[id]?.content ?? "There is no result.",
      ...(results[id]?.isError ? { is_error: true } : {}),
    }));
    const endsTurn = calls.some(({ id }) => results[id]?.endsTurn);
    this.turn.state.results = {};
    this.turn.state.started = [];
    await this.keep([], (tx) => appendMessage(tx, this.scope, this.turn.conversationId, { role: "user", content }));
    return endsTurn;
  }

  /** Gives every call without a result one, so that the history stays valid. */
  async settleOpenCalls(why: string): Promise<void> {
    const { state } = this.turn;
    const calls = openCalls(await this.history());
    if (calls.length === 0) return;
    for (const call of calls) {
      if (state.results[call.id]) continue;
      const outcome = state.started.includes(call.id)
        ? await this.cutOff(why.replace(/\.$/, ""))
        : { content: `${why} It was not run.`, isError: true };
      if (state.started.includes(call.id)) await this.endCall(call, outcome, 0);
      else state.results[call.id] = { content: outcome.content, isError: true, endsTurn: false };
    }
    await this.handBack(calls);
  }

  async end({ outcome, code, message }: Ended): Promise<void> {
    const told: ChatEventBody = {
      type: "turn_ended",
      turnId: this.turn.id,
      outcome,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
    };
    await this.within(async (tx) => {
      if (!(await endTurn(tx, this.turn.id, this.needs.serverId, outcome))) throw new LeaseLost();
      await this.needs.events.appendIn(tx, this.scope, this.turn.conversationId, [told]);
    });
    await this.needs.events.announce(this.turn.conversationId);
  }

  async release(): Promise<void> {
    await this.within((tx) => releaseTurn(tx, this.turn.id, this.needs.serverId));
  }

  async renew(): Promise<void> {
    if (!(await this.within((tx) => renewLease(tx, this.turn.id, this.claim())))) this.onLost();
  }

  /** A bug: its story goes to the log, only its number to the reader. */
  broken(error: unknown): string {
    const number = randomUUID().slice(0, 8);
    this.needs.log(
      `broken ${number} turn ${this.turn.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return `Something broke on our side (request ${number}).`;
  }

  private history(): Promise<ModelMessage[]> {
    return this.within((tx) => readHistory(tx, this.turn.conversationId));
  }

  /** Writes a change, the turn's state and its events together, if the turn is still ours; one after the other. */
  private keep(bodies: ChatEventBody[], change?: (tx: Transaction) => Promise<void>): Promise<void> {
    const kept = this.keeping.then(() => this.write(bodies, change));
    this.keeping = kept.catch(() => undefined);
    return kept;
  }

  private async write(bodies: ChatEventBody[], change?: (tx: Transaction) => Promise<void>): Promise<void> {
    await this.within(async (tx) => {
      if (!(await keepTurn(tx, this.turn, this.claim()))) throw new LeaseLost();
      await change?.(tx);
      await this.needs.events.appendIn(tx, this.scope, this.turn.conversationId, bodies);
    });
    if (bodies.length > 0) await this.needs.events.announce(this.turn.conversationId);
  }

  private within<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return withinTenant(this.needs.database, this.scope.tenantId, work);
  }

  private claim() {
    return { serverId: this.needs.serverId, now: this.needs.now() };
  }
}

const longestShown = 6_000;
