import { implement } from "@orpc/server";
import { Problem } from "../../contract/problem.ts";
import { procedures } from "../../contract/procedures.ts";
import type { OpenStreams } from "./guard.ts";
import type { Caller } from "./people.ts";
import { outwardError } from "./problem-status.ts";

/** What every procedure knows of its call. */
export type CallContext = {
  caller: Caller;
  requestId: string;
  logBug: (error: unknown) => void;
  /** The body is said to be a form or plain text, as curl's `-d` says when it is given no content-type. */
  isOtherThanJson: boolean;
  /** Takes the session's cookie from the browser. */
  signedOut: () => void;
  /** Whether the session or the key is still good: a stream may outlive it. */
  isSignedIn: () => Promise<boolean>;
  streams: OpenStreams;
};

export const answering = implement(procedures).$context<CallContext>();
export type Answering = typeof answering;

/** Asks at most once a second, however often it is asked; what was over stays over. */
export function lookedUpEachSecond(look: () => Promise<boolean>): () => Promise<boolean> {
  let is = true;
  let lookedAt = performance.now(); // the call itself was looked up just now
  return async () => {
    if (is && performance.now() - lookedAt > 1000) {
      is = await look();
      lookedAt = performance.now();
    }
    return is;
  };
}

/**
 * The events of a stream; an error in its middle is told as any other. It counts as open until it ends or its reader leaves,
 * and tells nothing more once the key was revoked or the browser signed out.
 *
 * @throws Problem `too_many_streams`
 */
export function told<T, R>(
  context: CallContext,
  events: AsyncGenerator<T, R> | AsyncIterable<T, R>,
): AsyncGenerator<T, R> {
  const leave = context.streams.enter(context.caller.personId);
  const stream = relayed(context, events, leave);
  // A generator that was never asked for anything skips its own end.
  const end = stream.return.bind(stream);
  stream.return = (value) => {
    leave();
    return end(value);
  };
  return stream;
}

async function* relayed<T, R>(
  context: CallContext,
  events: AsyncIterable<T, R>,
  leave: () => void,
): AsyncGenerator<T, R> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next();
      if (!(await context.isSignedIn())) throw new Problem("sign_in_needed");
      if (next.done) return next.value;
      yield next.value;
    }
  } catch (error) {
    throw outwardError(error, context.requestId, context.logBug);
  } finally {
    leave();
    await iterator.return?.();
  }
}
