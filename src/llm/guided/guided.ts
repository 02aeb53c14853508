import { type ConnectedService, servicesIn } from "../../contract/connected-service.ts";
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
  abilityOfWhich,
  afterAskingPerson,
  afterCommand,
  afterConnecting,
  afterSearching,
  afterWelcoming,
  askAboutReads,
  chosenOperation,
  chosenService,
  connected,
  connecting,
  disconnect,
  greeting,
  help,
  howToSetAModel,
  lookForUpdate,
  nothingConnected,
  search,
  whatIsConnected,
} from "./converse.ts";
import { type Memory, modelName, newestNote, news, recall, wishBehindSignIn } from "./memory.ts";
import { afterCharting, afterCounting, count, countWish } from "./counting.ts";
import { isOwnWish } from "./own-wish.ts";
import { afterConnection, type Place, placeAfter, placeIn, whereOf } from "./place.ts";
import { escaped } from "./table.ts";
import { readWish, type Wish } from "./read-wish.ts";
import type { ContentBlock, Model, ModelMessage, ModelRequest, ToolResult } from "../model.ts";

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
      const services = servicesIn(request.system.map((part) => part.text).join("\n"));
      const place = placeNow(request.messages, services);
      const answer = decide(request, services, place);
      const text = answer.text.trim();
      const content: ContentBlock[] = [
        ...(text === "" ? [] : [{ type: "text" as const, text }]),
        {
          type: "note",
          model: modelName,
          note: { ...answer.memory, place: placeAfter(place, answer.memory, services) },
        },
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

const signedInTo = (words: string | undefined) => /^\[Patchbay\] connected: ([a-z0-9-]+)\./.exec(words ?? "")?.[1];

function placeNow(messages: ModelMessage[], services: ConnectedService[]): Place {
  const place = placeIn(newestNote(messages));
  const { words, results } = news(messages);
  const atOnce = recall(messages).step === "connecting" ? results[0]?.content : undefined;
  const slug = words === undefined ? /^connected: ([a-z0-9-]+)\./.exec(atOnce ?? "")?.[1] : signedInTo(words);
  return slug ? afterConnection(place, slug, services) : place;
}

function decide({ messages }: ModelRequest, services: ConnectedService[], place: Place): Answer {
  const memory = recall(messages);
  const { words, results } = news(messages);
  const slugs = services.map((one) => one.slug);
  if (words === undefined) return afterCalls(memory, results, services, place);

  const signedIn = signedInTo(words);
  if (signedIn) {
    const wish = wishBehindSignIn(messages);
    return wish ? search(wish, services, place, signedIn) : connected(signedIn, words, services, place);
  }

  const [only] = slugs.length === 1 ? slugs : [];
  const here = slugs.find((slug) => slug === place.slug) ?? only;
  const wish = readWish(words, slugs, here);
  if (wish.kind === "cancel" && memory.step !== "idle" && memory.step !== "shown") return say("Left as it was.");
  // An open question is answered by almost anything, and by one of its options whatever that is called.
  if (memory.step === "asking" && isOption(memory.options, words)) {
    const answer = afterAsking(memory, words);
    if (answer) return answer;
  }
  if (
    memory.step === "asking" &&
    !/^(help|command|greeting|connected|disconnect)$/.test(wish.kind) &&
    !isAnotherWish(wish, memory, words)
  ) {
    const answer = afterAsking(memory, words);
    if (answer) return answer;
  }
  if (memory.step === "choosing_change" && !isOwnWish(words, memory.stack, memory.options)) {
    const answer = afterChange(memory, words);
    if (answer) return answer;
  }
  if (memory.step === "choosing") {
    const answer = chosenOperation(memory, words, services, place);
    if (answer) return answer;
  }

  if (memory.step === "choosing_service") {
    const answer = chosenService(memory, words, services, place);
    if (answer) return answer;
  }

  const answer = fresh(wish, memory, services, place);
  const isOpen = memory.step === "asking" || memory.step === "choosing_change";
  const isDropped = answer.memory !== memory && wish.kind !== "go_on";
  return isOpen && isDropped ? { ...answer, text: `${dropped(memory)}\n\n${answer.text}` } : answer;
}

/** Said when a wish is left for another. */
function dropped(memory: Extract<Memory, { step: "asking" | "choosing_change" }>): string {
  const left = `I left this undone: "${escaped((memory.stack[0]?.sentence ?? "").slice(0, 100))}".`;
  return memory.options ? left : `${left} (If that was your answer, put it in quotes.)`;
}

/** What is done with a wish that answers no question. */
function fresh(wish: Wish, memory: Memory, services: ConnectedService[], place: Place): Answer {
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
    case "update":
      if (wish.slug === undefined) return abilityOfWhich(services);
      return lookForUpdate(wish.slug, wish.url);
    case "reads":
      return wish.slug === undefined ? abilityOfWhich(services) : askAboutReads(wish.slug);
    case "abilities":
      return wish.of === undefined ? abilityOfWhich(services) : ability(wish.of);
    case "command":
      return run([wish.command], { step: "commanding" });
    case "task": {
      const by = memory.step === "shown" ? countWish(wish.text) : undefined;
      return memory.step === "shown" && by !== undefined ? count(memory.task, by) : task(wish.text, services, place);
    }
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
  return begin(task.slug, task.operation, task.sentence, task);
}

/** A button was pressed: its label is the name of somebody's thing, not something the person made up. */
function isOption(options: { label: string }[] | undefined, words: string): boolean {
  return options?.some(({ label }) => shownLabel(label) === words.trim()) ?? false;
}

/** A fresh wish in the middle of a question: "connect …" is never the name of a card. */
function isAnotherWish(wish: Wish, memory: Extract<Memory, { step: "asking" }>, words: string): boolean {
  if (wish.kind === "task" && isOwnWish(words, memory.stack, memory.options)) return true;
  if (wish.kind === "connect")
    return wish.url !== undefined || wish.file !== undefined || /connect/i.test(wish.wish ?? "");
  return wish.kind === "abilities" && memory.options === undefined ? false : wish.kind === "abilities";
}

function task(text: string, services: ConnectedService[], place: Place): Answer {
  // A choice of ours, or a person who knows the name: `trello boards list`.
  const exact = services.find(
    ({ slug }) => text.startsWith(`${slug} `) && /^[a-z0-9 ._-]+$/.test(text) && text.split(" ").length <= 6,
  );
  if (exact && !/\b(my|the|a|to|in)\b/.test(text))
    return begin(exact.slug, text.slice(exact.slug.length + 1), text, whereOf("", services, place, exact.slug));
  if (services.length === 0) {
    const single = text.trim().replace(/[.!?]$/, "");
    if (/^[\w .-]{2,30}$/.test(single) && single.split(/\s+/).length <= 2)
      return connecting({ kind: "connect", wish: single, another: false });
    return nothingConnected("Nothing is connected yet, so there is nowhere I could do that.");
  }
  return search(text, services, place);
}

function afterCalls(memory: Memory, results: ToolResult[], services: ConnectedService[], place: Place): Answer {
  const [result] = results;
  if (!result) return say(`I lost the thread. Tell me again what you want.\n\n${howToSetAModel}`);
  switch (memory.step) {
    case "asking_person":
      return afterAskingPerson(result);
    case "connecting":
      return afterConnecting(memory, result, services, place);
    case "searching":
      return afterSearching(memory, results, services, place);
    case "describing":
      return afterDescribing(memory, result);
    case "listing":
      return afterListing(memory, result);
    case "running":
      return afterRunning(memory, result);
    case "shrinking":
      return afterShrinking(memory, result);
    case "counting":
      return afterCounting(memory, result);
    case "charting":
      return afterCharting(memory);
    case "commanding":
      return afterCommand(result);
    case "explaining":
      return afterExplaining(memory, result);
    case "welcoming":
      return afterWelcoming(memory, result);
    default:
      return say("Done.");
  }
}
