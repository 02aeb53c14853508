import { ORPCError } from "@orpc/client";
import { api, messageOf } from "../api.ts";
import { emptyTranscript, withEvent, type Transcript } from "./transcript.ts";

export type ConversationState = { transcript: Transcript; link: "live" | "lost" | "gone"; problem?: string };

/**
 * One conversation as the server tells it: follows its events while somebody looks, begins again where it stopped when the
 * connection is lost, and draws at most once a frame however fast the events come.
 */
export class ConversationStore {
  readonly #id: string;
  readonly #listeners = new Set<() => void>();
  #state: ConversationState = { transcript: emptyTranscript, link: "live" };
  #transcript: Transcript = emptyTranscript;
  #frame: number | undefined;
  #stop = new AbortController();

  constructor(id: string) {
    this.#id = id;
  }

  snapshot = (): ConversationState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      this.#stop = new AbortController();
      void this.#follow(this.#stop.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop.abort();
    };
  };

  async #follow(signal: AbortSignal): Promise<void> {
    let delay = 300;
    while (!signal.aborted) {
      // Browsers hold six connections to a server in all its tabs: a seventh tab would wait for ever, were each to keep its own.
      await lookedAt(signal);
      // A stream whose network went away stays open in silence: it is cut here, and what was missed is fetched. So is a
      // request by one of the connections that were lost with it: who tries again soon does not wait long for an answer.
      const cut = new AbortController();
      const onOffline = () => cut.abort();
      addEventListener("offline", onOffline);
      const stopWatching = onceUnseen(onOffline);
      const patience = this.#state.link === "lost" ? setTimeout(onOffline, delay * 5) : undefined;
      const line = AbortSignal.any([signal, cut.signal]);
      try {
        await this.#catchUp(line);
        const events = await api.conversations.events(
          { id: this.#id, after: this.#transcript.lastSeq },
          { signal: line },
        );
        clearTimeout(patience);
        if (this.#state.link === "lost") this.#set({ transcript: this.#transcript, link: "live" });
        for await (const event of events) {
          delay = 300;
          this.#transcript = withEvent(this.#transcript, event);
          if (event.body.type.startsWith("approval_")) dispatchEvent(new Event(approvalsChanged));
          if (this.#frame === undefined) this.#frame = requestAnimationFrame(this.#draw);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ORPCError && error.status < 500) {
          this.#set({ transcript: this.#transcript, link: "gone", problem: messageOf(error) });
          return;
        }
        if (isSeen()) this.#set({ transcript: this.#transcript, link: "lost" });
      } finally {
        clearTimeout(patience);
        stopWatching();
        removeEventListener("offline", onOffline);
      }
      if (!isSeen()) continue;
      await awake(delay, signal);
      delay = Math.min(delay * 2, 8000);
    }
  }

  /** What is there already comes at once and is drawn once: following it event by event would draw a long story many times. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    for (;;) {
      const past = await api.conversations.past({ id: this.#id, after: this.#transcript.lastSeq }, { signal });
      for (const event of past) this.#transcript = withEvent(this.#transcript, event);
      if (past.length === 0) break;
    }
    this.#draw();
  }

  #draw = (): void => {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#set({ ...this.#state, transcript: this.#transcript, link: "live" });
  };

  #set(state: ConversationState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Told to the window when a question was asked or answered here. */
export const approvalsChanged = "patchbay:approvals";

const isSeen = () => document.visibilityState === "visible";

function lookedAt(signal: AbortSignal): Promise<void> {
  if (isSeen()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      document.removeEventListener("visibilitychange", done);
      resolve();
    };
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Calls back once when nobody has looked at the page for a while; hands back how to stop waiting for that. */
function onceUnseen(callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    clearTimeout(timer);
    if (!isSeen()) timer = setTimeout(callback, unseenMs);
  };
  document.addEventListener("visibilitychange", changed);
  changed();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", changed);
  };
}

const unseenMs = 5000;

/** Waits, but not longer than until the network or the person is back. */
function awake(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      document.removeEventListener("visibilitychange", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Kept while the page is open, so that going back to a conversation shows it at once. */
const stores = new Map<string, ConversationStore>();

export function conversationStore(id: string): ConversationStore {
  const known = stores.get(id);
  if (known) return known;
  const made = new ConversationStore(id);
  stores.set(id, made);
  return made;
}
