import { withEventMeta } from "@orpc/server";
import type { House } from "../../assemble.ts";
import { told, type Answering } from "../answering.ts";

const done = { ok: true } as const;

export function conversationAnswers(os: Answering, { agent, runs }: House) {
  const procedure = os.conversations;
  return {
    conversations: {
      create: procedure.create.handler(({ context, input }) => agent.conversations.create(context.caller, input.title)),
      list: procedure.list.handler(({ context, input }) => agent.conversations.list(context.caller, input.search)),
      rename: procedure.rename.handler(async ({ context, input }) => {
        await agent.conversations.rename(context.caller, input.id, input.title);
        return done;
      }),
      delete: procedure.delete.handler(async ({ context, input }) => {
        await agent.conversations.delete(context.caller, input.id);
        return done;
      }),
      say: procedure.say.handler(({ context, input }) => agent.say(context.caller, input.id, input.text, input)),
      past: procedure.past.handler(({ context, input }) => agent.past(context.caller, input.id, input.after)),
      requests: procedure.requests.handler(({ context, input }) =>
        agent.requestsOfCall(context.caller, input.id, input.callId),
      ),
      decideBuild: procedure.decideBuild.handler(async ({ context, input }) => {
        await agent.decideBuild(context.caller, input.id, input);
        return done;
      }),
      stop: procedure.stop.handler(async ({ context, input }) => {
        await agent.stop(context.caller, input.id);
        return done;
      }),
      consent: procedure.consent.handler(async ({ context, input }) => {
        await agent.answerConsent(context.caller, input.id, input);
        return done;
      }),
      events: procedure.events.handler(async ({ context, input, lastEventId, signal }) => {
        // Looked up before the stream begins: a conversation that is not there is an answer, not a stream.
        await agent.conversations.get(context.caller, input.id);
        const resumed = Number(lastEventId);
        const after = Number.isInteger(resumed) && resumed > 0 ? resumed : input.after;
        const events = agent.events(context.caller, input.id, {
          after,
          signal: signal ?? new AbortController().signal,
        });
        return told(context, numbered(events));
      }),
      files: procedure.files.handler(async ({ context, input }) => {
        const files = await runs.files.list(context.caller, input.id);
        return files.map(({ path, size }) => ({ path, bytes: size }));
      }),
      file: procedure.file.handler(async ({ context, input }) => {
        const data = await runs.files.read(context.caller, input.id, input.path);
        return { path: input.path, bytes: data.length, text: new TextDecoder().decode(data) };
      }),
      saveFile: procedure.saveFile.handler(async ({ context, input }) => {
        await runs.files.write(context.caller, input.id, input.path, new TextEncoder().encode(input.text));
        return done;
      }),
    },
  };
}

/** Each event carries its number as the event id, so that a browser's own reconnect goes on behind it. */
async function* numbered<E extends { seq: number }>(events: AsyncIterable<E>): AsyncGenerator<E> {
  for await (const event of events) yield withEventMeta(event, { id: String(event.seq) });
}
