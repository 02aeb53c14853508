import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { Api } from "../../contract/procedures.ts";
import { failWhenSilent } from "./fail-when-silent.ts";

/** The page's way to the server. A session that ended leads back to the sign-in page. */
export const api: Api = createORPCClient(
  new RPCLink({
    url: `${location.origin}/rpc`,
    fetch: async (request, init) => {
      const response = await fetch(request, init);
      if (response.status === 401) location.assign("/sign-in");
      return failWhenSilent(response);
    },
  }),
);

/** What to tell the person: the server's sentence, which ends in the next step, or that the connection is gone. */
export function messageOf(error: unknown): string {
  if (error instanceof ORPCError) return error.message;
  return "The server cannot be reached just now. Check that Patchbay is running, then try again.";
}

/** A failure as the page tells it: the sentence, and the code by which it knows the button that helps. */
export type Fault = { code: string | undefined; message: string };

/** A failure that came as an answer: a first read that did not work, say. */
export class Unproven extends Error {
  readonly code: string;

  constructor(proof: { code: string; message: string }) {
    super(proof.message);
    this.code = proof.code;
  }
}

export function faultOf(error: unknown): Fault {
  if (error instanceof Unproven) return { code: error.code, message: error.message };
  return { code: error instanceof ORPCError ? String(error.code) : undefined, message: messageOf(error) };
}
