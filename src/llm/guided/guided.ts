import { servicesIn } from "../../contract/connected-service.ts";
import { ability, afterExplaining } from "./abilities.ts";
import { type Answer, run, say, shownLabel } from "./answer.ts";
import {
  afterAsking,
  afterChange,
  afterDescribing,
  afterListing,
  afterRunning,
  afterShrinking,
  begin,
  more,
} from "./carry-out.ts";
import {
  afterCommand,
  afterConnecting,
  afterSearching,
  chosenOperation,
  connected,
  connecting,
  disconnect,
  greeting,
  help,
  howToSetAModel,
  nothingConnected,
  search,
  whatIsConnected,
} from "./converse.ts";
import { type Memory, modelName, news, recall, wishBehindSignIn } from "./memory.ts";
import { escaped } from "./table.ts";
import { readWish } from "./read-wish.ts";
import type { ContentBlock, Model, ModelRequest, ToolResult } from "../model.ts";

/**
 * Stands in where no language model is set: rules over the same tools and the same loop. It connects what the catalogue or an
 * OpenAPI document describes, finds operations by search, asks for what they need, runs them and shows what came.
 *
 * It keeps nothing between calls: where a conversation stands is written beside its answers. The same messages always get the
 * same answer.
 */
export function guidedModel(): Model {
  return {
    name: modelName,
    async *stream(request) {
      request.signal.throwIfAborted();
      const answer = decide(request);
      const text = answer.text.trim();
      const content: ContentBlock[] = [
        ...(text === "" ? [] : [{ type: "text" as const, text }]),
        { type: "note", model: modelName, note: answer.memory },
        ...answer.calls.map((call, index) => ({
          type: "tool_use" as const,
          id: `g${request.messages.length}x${index}`,
          ...call,
        })),
      ];
      if (text !== "") yield { type: "text", text };
      const usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
      yield { type: "message", content, stopReason: answer.calls.length > 0 ? "tool_use" : "end_turn", usage };
    },
  };
}

function decide({ system, messages }: ModelRequest): Answer {
  const services = servicesIn(system.map((part) => part.text).join("\n"));
  const memory = recall(messages);
  const { words, results } = news(messages);
  const slugs = services.map((one) => one.slug);
  if (words === undefined) return afterCalls(memory, results, services);

  const signedIn = /^\[Patchbay\] connected: ([a-z0-9-]+)\./.exec(words)?.[1];
  if (signedIn) {
    const wish = wishBehindSignIn(messages);
    return wish ? search(wish, services, signedIn) : connected(signedIn, words);
  }

  const wish = readWish(words, slugs);
  if (wish.kind === "cancel" && memory.step !== "idle" && memory.step !== "shown") return say("Left as it was.");
  // An open question is answered by almost anything, and by one of its options whatever that is called.
  if (memory.step === "asking" && isOption(memory.options, words)) {
    const answer = afterAsking(memory, words);
    if (answer) return answer;
  }
  if (
    memory.step === "asking" &&
    !/^(help|command|greeting|connected|disconnect)$/.test(wish.kind) &&
    !isAnotherWish(wish, memory)
  ) {
    const answer = afterAsking(memory, words);
    if (answer) return answer;
  }
  if (memory.step === "choosing_change") {
    const answer = afterChange(memory, words);
    if (answer) return answer;
  }
  if (memory.step === "choosing") {
    const answer = chosenOperation(memory, words, services);
    if (answer) return answer;
  }

  switch (wish.kind) {
    case "greeting":
      return greeting(services);
    case "thanks":
      return say("You are welcome.", memory);
    case "help":
      return help(services);
    case "cancel":
      return say("There is nothing to cancel.");
    case "more":
      return memory.step === "shown" ? more(memory) : say("There is nothing to show more of.");
    case "go_on":
      return goOn(memory);
    case "skip":
    case "pick":
      return say("I am not asking anything just now. Tell me what you want to see or change.", memory);
    case "connected":
      return whatIsConnected(services);
    case "disconnect":
      return disconnect();
    case "connect":
      return connecting(wish);
    case "abilities":
      return ability(wish.of);
    case "command":
      return run([wish.command], { step: "commanding" });
    case "task":
      return task(wish.text, services);
  }
}

/** Takes up what was cut or failed. A write that may have been sent is not sent again on such a vague word. */
function goOn(memory: Memory): Answer {
  const task = "stack" in memory ? memory.stack[0] : memory.step === "shown" ? memory.task : undefined;
  if (!task) return say("There is nothing to go on with. Tell me what you want to see or change.");
  const wasSent = memory.step === "running" || memory.step === "shown";
  if (wasSent && task.described?.access === "write") {
    return say(
      `That may have been sent already. Look first, and say it again if it was not: "${escaped(task.sentence)}"`,
    );
  }
  return begin(task.slug, task.operation, task.sentence, task.account);
}

/** A button was pressed: its label is the name of somebody's thing, not something the person made up. */
function isOption(options: { label: string }[] | undefined, words: string): boolean {
  return options?.some(({ label }) => shownLabel(label) === words.trim()) ?? false;
}

/** A fresh wish in the middle of a question: "connect …" is never the name of a card. */
function isAnotherWish(wish: ReturnType<typeof readWish>, memory: Extract<Memory, { step: "asking" }>): boolean {
  if (wish.kind === "connect")
    return wish.url !== undefined || wish.file !== undefined || /connect/i.test(wish.wish ?? "");
  return wish.kind === "abilities" && memory.options === undefined ? false : wish.kind === "abilities";
}

function task(text: string, services: ReturnType<typeof servicesIn>): Answer {
  // A choice of ours, or a person who knows the name: `trello boards list`.
  const exact = services.find(
    ({ slug }) => text.startsWith(`${slug} `) && /^[a-z0-9 ._-]+$/.test(text) && text.split(" ").length <= 6,
  );
  if (exact && !/\b(my|the|a|to|in)\b/.test(text)) return begin(exact.slug, text.slice(exact.slug.length + 1), text);
  if (services.length === 0) {
    const single = text.trim().replace(/[.!?]$/, "");
    if (/^[\w .-]{2,30}$/.test(single) && single.split(/\s+/).length <= 2)
      return connecting({ kind: "connect", wish: single, another: false });
    return nothingConnected("Nothing is connected yet, so there is nowhere I could do that.");
  }
  return search(text, services);
}

function afterCalls(memory: Memory, results: ToolResult[], services: ReturnType<typeof servicesIn>): Answer {
  const [result] = results;
  if (!result) return say(`I lost the thread. Tell me again what you want.\n\n${howToSetAModel}`);
  switch (memory.step) {
    case "connecting":
      return afterConnecting(memory, result, services);
    case "searching":
      return afterSearching(memory, results, services);
    case "describing":
      return afterDescribing(memory, result);
    case "listing":
      return afterListing(memory, result);
    case "running":
      return afterRunning(memory, result);
    case "shrinking":
      return afterShrinking(memory, result);
    case "commanding":
      return afterCommand(result);
    case "explaining":
      return afterExplaining(memory, result);
    default:
      return say("Done.");
  }
}
