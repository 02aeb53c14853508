import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { shownSection } from "../builder/docs/overview.ts";
import { requestsIn } from "../builder/docs/requests-in.ts";
import type { Section } from "../builder/docs/sections.ts";
import type { BuildAnswer } from "../contract/build.ts";
import type { ChatEvent, ChatEventBody, ConsentCard, SignInCard } from "../contract/chat.ts";
import { markAsData } from "../contract/marked-data.ts";
import { Problem } from "../contract/problem.ts";
import type { RawRequest } from "../contract/request-line.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { conversation } from "../database/tables.ts";
import { buildOf, decideBuild, sectionsOfBuild } from "../integrations/builds.ts";
import { openConsent } from "./consent.ts";
import { type Conversations, createConversations, owned, titleFrom, untitled } from "./conversations.ts";
import { type Events, rawRequests } from "./events.ts";
import { forgetFrom } from "./history.ts";
import { createSignIns, isAnswered, isAwaited } from "./sign-ins.ts";
import { connectedNote, type Proof, unprovenNote } from "./tools/connect.ts";
import { promptText } from "./tools/tool.ts";
import { claimTurn, conversationsToResume, dropQueued, queueTurn, turnOfMessage } from "./turns.ts";
import { type Interruption, type WorkNeeds, workOn } from "./work.ts";

export type AgentNeeds = Omit<WorkNeeds, "now" | "log"> & {
  database: Database;
  events: Events;
  prove(scope: Scope, connectionId: string): Promise<Proof>;
  connection(scope: Scope, connectionId: string): Promise<{ slug: string; label: string }>;
  /** What signing this account in again asks for, and why. */
  signInCardAgain(scope: Scope, connectionId: string): Promise<SignInCard>;
  /** Carries out what a person has just said yes to. */
  agree(scope: Scope, card: ConsentCard): Promise<void>;
  /** Puts a long text that was pasted into the conversation's files. */
  writeFile(scope: Scope, conversationId: string, path: string, text: string): Promise<void>;
  /** The repository a person is now to be asked about, whether they share with it; undefined when there is nothing to ask. */
  asksSharing?(scope: Scope): Promise<string | undefined>;
  /** Removes files and sandbox of a conversation that is deleted. */
  endConversation(scope: Scope, conversationId: string): Promise<void>;
  now?(): Date;
  log?(line: string): void;
};

export type Agent = {
  /**
   * Returns as soon as the words are kept; the answer comes as events. Words said during an answer wait for its end.
   * With `instead`, an earlier message of the person's and all behind it are left behind first: the model does not see them
   * again; what was sent to services stays sent.
   */
  say(
    scope: Scope,
    conversationId: string,
    text: string,
    o?: { files?: string[] | undefined; instead?: string | undefined },
  ): Promise<{ turnId: string }>;
  /** What one call sent and got, raw. */
  requestsOfCall(scope: Scope, conversationId: string, callId: string): Promise<RawRequest[]>;
  /**
   * Writes down what a person said to "Ready to build?", at the server: nothing a model or a page says comes here. The agent
   * then goes on.
   */
  decideBuild(scope: Scope, conversationId: string, decided: { buildId: string; answer: BuildAnswer }): Promise<void>;
  /** Ends the running answer and drops what waits behind it. Quiet when nothing runs. */
  stop(scope: Scope, conversationId: string): Promise<void>;
  /** Takes up the turns that were in flight when a server ended; looks for such turns until `close`. */
  resume(): Promise<void>;
  /**
   * Called when a sign-in has been entered. The server proves the connection by a live read (unless `proof` says that was
   * done), tells so in the conversation, and the agent goes on with what the person had asked for.
   */
  continueAfterSignIn(
    scope: Scope,
    conversationId: string,
    done: { cardId?: string; connectionId: string; proof?: Proof },
  ): Promise<Proof>;
  /** Tells in the conversation that a sign-in did not work; the card stays open. */
  signInFailed(
    scope: Scope,
    conversationId: string,
    failed: { cardId: string; code: string; message: string },
  ): Promise<void>;
  /** Takes the person's answer to a card, once; a yes is carried out before it is told. */
  answerConsent(scope: Scope, conversationId: string, given: { cardId: string; answer: "yes" | "no" }): Promise<void>;
  events(
    scope: Scope,
    conversationId: string,
    options: { after: number; signal: AbortSignal },
  ): AsyncIterable<ChatEvent>;
  /** What happened so far, at once; see `Events.past`. */
  past(scope: Scope, conversationId: string, after: number): Promise<ChatEvent[]>;
  emit(scope: Scope, conversationId: string, body: ChatEventBody): Promise<void>;
  signIns: ReturnType<typeof createSignIns>;
  conversations: Conversations;
  /** Lets go of running turns, which the next server takes up. */
  close(): Promise<void>;
};

/** The conversation loop of this server. Several servers may share one database; each turn is worked on by one. */
export function createAgent(given: AgentNeeds): Agent {
  const needs = { ...given, now: given.now ?? (() => new Date()), log: given.log ?? (() => undefined) };
  const { database, events, serverId } = needs;
  const working = new Map<string, Place>();
  const within = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(database, scope.tenantId, work);
  let closed = false;
  let sweep: NodeJS.Timeout | undefined;

  /** Works through a conversation's open turns, if this server is not at it already. */
  function attend(scope: Scope, conversationId: string, evenIfHeld = false): void {
    const at = working.get(conversationId);
    if (at) {
      at.again = true;
      return;
    }
    if (closed) return;
    const place: Place = {
      interrupt: new AbortController(),
      again: false,
      turn: Promise.resolve(),
      done: Promise.resolve(),
    };
    working.set(conversationId, place);
    place.done = (async () => {
      try {
        do {
          place.again = false;
          for (;;) {
            place.interrupt = new AbortController();
            if (closed) return;
            const claim = { serverId, now: needs.now(), evenIfHeld };
            const turn = await within(scope, (tx) => claimTurn(tx, conversationId, claim));
            if (!turn) break;
            if (closed) place.interrupt.abort("closing" satisfies Interruption);
            place.turn = workOn(needs, scope, turn, place.interrupt);
            await place.turn;
          }
        } while (place.again);
      } catch (error) {
        needs.log(
          `conversation ${conversationId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      } finally {
        working.delete(conversationId);
      }
    })();
  }

  async function interruptHere(conversationId: string, why: Interruption): Promise<boolean> {
    const at = working.get(conversationId);
    if (!at) return false;
    at.interrupt.abort(why);
    await at.turn.catch(() => undefined); // its own server logs it
    return true;
  }

  const unlisten = database.listen(stopChannel, (conversationId) => {
    void interruptHere(conversationId, "stopped");
  });
  unlisten.catch((error: unknown) => needs.log(`stops of other servers are not heard: ${String(error)}`));

  async function lookForTurns(evenIfHeld: boolean): Promise<void> {
    for (const tenantId of await database.tenants()) {
      const found = await withinTenant(database, tenantId, (tx) => conversationsToResume(tx, needs.now(), evenIfHeld));
      for (const one of found) attend({ tenantId, personId: one.personId }, one.conversationId, evenIfHeld);
    }
  }

  const agent: Agent = {
    async say(scope, conversationId, text, { files = [], instead } = {}) {
      const messageId = randomUUID();
      await agent.conversations.get(scope, conversationId);
      if (instead !== undefined) await agent.stop(scope, conversationId);
      const words = withFiles(await keepIfLong(needs, scope, conversationId, text), files);
      const turnId = await within(scope, async (tx) => {
        if (instead !== undefined) {
          const before = await turnOfMessage(tx, conversationId, instead);
          if (!before) throw new Problem("not_found", { what: "message to say this instead of" });
          if (before.historyFrom !== undefined) await forgetFrom(tx, conversationId, before.historyFrom);
        }
        await tx
          .update(conversation)
          .set({ title: titleFrom(text) })
          .where(and(owned(scope, conversationId), eq(conversation.title, untitled)));
        await events.appendIn(tx, scope, conversationId, [
          {
            type: "user_message",
            messageId,
            text,
            ...(files.length > 0 ? { files } : {}),
            ...(instead === undefined ? {} : { instead }),
          },
        ]);
        return queueTurn(tx, scope, conversationId, words, messageId);
      });
      await events.announce(conversationId);
      attend(scope, conversationId);
      return { turnId };
    },

    async requestsOfCall(scope, conversationId, callId) {
      await agent.conversations.get(scope, conversationId);
      return within(scope, (tx) => rawRequests(tx, conversationId, callId));
    },

    async decideBuild(scope, conversationId, { buildId, answer }) {
      await agent.conversations.get(scope, conversationId);
      await within(scope, async (tx) => {
        const { facts } = await decideBuild(tx, scope, { conversationId, buildId, answer });
        await events.appendIn(tx, scope, conversationId, [{ type: "build_answered", buildId, answer }]);
        const about = facts ? `${facts.name} (slug ${facts.slug}, ${facts.base_url})` : "it";
        const say =
          answer === "yes"
            ? `[Patchbay] The person said yes to building ${about}. ${promptText("how-to-write.md")}${sectionsTold(await sectionsOfBuild(tx, buildId))}`
            : `[Patchbay] The person said no to building ${about} like this. Ask them what should be different; do not build it.`;
        await queueTurn(tx, scope, conversationId, say);
      });
      await events.announce(conversationId);
      attend(scope, conversationId);
    },

    async stop(scope, conversationId) {
      await agent.conversations.get(scope, conversationId);
      await within(scope, async (tx) => {
        const dropped = await dropQueued(tx, conversationId);
        const ended = dropped.map((turnId) => ({ type: "turn_ended", turnId, outcome: "stopped" }) as const);
        await events.appendIn(tx, scope, conversationId, ended);
      });
      await events.announce(conversationId);
      if (await interruptHere(conversationId, "stopped")) return;
      // Another server has it, or one that is gone had.
      await database.notify(stopChannel, conversationId);
      const left = await within(scope, (tx) => claimTurn(tx, conversationId, { serverId, now: needs.now() }));
      if (!left) return;
      const stopped = new AbortController();
      stopped.abort("stopped" satisfies Interruption);
      await workOn(needs, scope, left, stopped);
    },

    async resume() {
      await lookForTurns(database.engine === "pglite");
      sweep ??= setInterval(() => {
        lookForTurns(false).catch((error: unknown) => needs.log(`turns not looked for: ${String(error)}`));
      }, lookEveryMs);
      sweep.unref();
    },

    async continueAfterSignIn(scope, conversationId, { cardId, connectionId, proof: given }) {
      await agent.conversations.get(scope, conversationId);
      const proof = given ?? (await needs.prove(scope, connectionId));
      const { slug, label } = await needs.connection(scope, connectionId);
      if (!proof.ok && proof.code !== "nothing_to_try") {
        const told = { ...proof, message: unprovenNote(slug, proof) };
        if (cardId !== undefined) {
          await agent.signInFailed(scope, conversationId, { cardId, code: told.code, message: told.message });
        }
        return told;
      }
      const repository = await needs.asksSharing?.(scope);
      await within(scope, async (tx) => {
        const connected = {
          type: "connected" as const,
          connectionId,
          slug,
          label,
          ...(cardId === undefined ? {} : { cardId }),
          ...(proof.ok ? { proof: { operation: proof.operation, ms: proof.ms } } : {}),
        };
        // The proof may have answered the card already, as it does all that ask for this account.
        const isTold = cardId !== undefined && (await isAnswered(tx, conversationId, cardId));
        if (!isTold) await events.appendIn(tx, scope, conversationId, [connected]);
        if (repository !== undefined)
          await events.appendIn(tx, scope, conversationId, [{ type: "sharing_asked", repository }]);
        if (cardId !== undefined && !(await isAwaited(tx, conversationId, cardId))) return;
        await queueTurn(
          tx,
          scope,
          conversationId,
          `[Patchbay] ${connectedNote(slug, proof)} Go on with what was asked.`,
        );
      });
      await events.announce(conversationId);
      attend(scope, conversationId);
      return proof;
    },

    async signInFailed(scope, conversationId, failed) {
      await events.append(scope, conversationId, { type: "sign_in_failed", ...failed });
    },

    async answerConsent(scope, conversationId, { cardId, answer }) {
      await agent.conversations.get(scope, conversationId);
      const card = await within(scope, (tx) => openConsent(tx, conversationId, cardId));
      if (!card) return;
      if (answer === "yes") await needs.agree(scope, card);
      const goesOn = await within(scope, async (tx) => {
        await events.appendIn(tx, scope, conversationId, [{ type: "consent_ended", cardId, answer }]);
        // A tool that was mended or completed amid a wish: the wish is not done yet.
        const { slug } = card.integration;
        const made = await buildOf(tx, scope, conversationId);
        const isOfBuild = card.about.kind === "update" && made?.status === "saved" && made.facts?.slug === slug;
        if (answer === "no" || !isOfBuild) return false;
        const say = `[Patchbay] The person said yes: the new version of ${slug} is in use. Go on with what they had asked for; if that is done, say so in a sentence.`;
        await queueTurn(tx, scope, conversationId, say);
        return true;
      });
      await events.announce(conversationId);
      if (goesOn) attend(scope, conversationId);
    },

    async *events(scope, conversationId, options) {
      await agent.conversations.get(scope, conversationId);
      yield* events.follow(scope, conversationId, options);
    },

    signIns: createSignIns(needs),

    async past(scope, conversationId, after) {
      await agent.conversations.get(scope, conversationId);
      return events.past(scope, conversationId, after);
    },

    emit: (scope, conversationId, body) => events.append(scope, conversationId, body),

    conversations: createConversations({
      database,
      async end(scope, conversationId) {
        await within(scope, (tx) => dropQueued(tx, conversationId));
        await interruptHere(conversationId, "stopped");
        await needs.endConversation(scope, conversationId);
      },
    }),

    async close() {
      closed = true;
      clearInterval(sweep);
      const open = [...working.values()];
      for (const at of open) at.interrupt.abort("closing" satisfies Interruption);
      await Promise.all(open.map((at) => at.done));
      await (
        await unlisten
      )();
    },
  };
  return agent;
}

/** Where this server works on a conversation: the turn at hand, and whether to look for another when it is done. */
type Place = { interrupt: AbortController; again: boolean; turn: Promise<void>; done: Promise<void> };

/** The sections that name requests, where they are few: they will be asked for next. */
function sectionsTold(sections: Section[]): string {
  const named = sections.filter(({ text }) => requestsIn(text).length > 0).map((one) => shownSection(one));
  const text = named.join("\n\n");
  if (named.length === 0 || text.length > mostToldAtOnce) return "";
  return `\nThe sections that name requests:\n${markAsData(text, sections[0]?.url ?? "docs")}`;
}

const mostToldAtOnce = 24_000;

const stopChannel = "conversation_stop";
const lookEveryMs = 10_000;

/** A pasted document is kept as a file, so that it is handed to tools by name and read once. */
async function keepIfLong(needs: AgentNeeds, scope: Scope, conversationId: string, text: string): Promise<string> {
  const isDocument = /^\s*[{"']?\s*"?(openapi|swagger)"?\s*:/m.test(text);
  if (text.length <= longestWords && !isDocument) return text;
  const kind = /^\s*[[{]/.test(text) ? "json" : /^[\w"']+:/m.test(text) ? "yaml" : "txt";
  const path = `pasted-${randomUUID().slice(0, 8)}.${kind}`;
  await needs.writeFile(scope, conversationId, path, text);
  return `${text.slice(0, 1_000).toWellFormed()}\n[The whole text, ${text.length} characters, is in the file ${path}.]`;
}

/** Tells the model of files that came with the words; their content is not read into the conversation. */
function withFiles(words: string, files: string[]): string {
  if (files.length === 0) return words;
  return `${words}\n${files.map((file) => `[The file ${file} came with this; it lies in the conversation's files.]`).join("\n")}`;
}

const longestWords = 8_000;
