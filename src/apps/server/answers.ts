import { OpenAPIHandler } from "@orpc/openapi/fetch";
import { ORPCError } from "@orpc/server";
import { RPCHandler } from "@orpc/server/fetch";
import { isProblem, Problem } from "../../contract/problem.ts";
import type { House } from "../assemble.ts";
import { answering, type CallContext } from "./answering.ts";
import { communityAnswers } from "./answers/community.ts";
import { connectionAnswers } from "./answers/connections.ts";
import { conversationAnswers } from "./answers/conversations.ts";
import { houseAnswers } from "./answers/house.ts";
import { integrationAnswers } from "./answers/integrations.ts";
import { runAnswers } from "./answers/runs.ts";
import { bodyOf, outwardError } from "./problem-status.ts";

const sendAsJson = "the body was not read as JSON. Send it with the header `content-type: application/json`.";

/** The contract's procedures, answered: once as typed RPC, once as REST. What goes wrong leaves through one door. */
export function createAnswers(house: House) {
  const router = answering.router({
    ...houseAnswers(answering, house),
    ...conversationAnswers(answering, house),
    ...integrationAnswers(answering, house),
    ...connectionAnswers(answering, house),
    ...runAnswers(answering, house),
    ...communityAnswers(answering, house),
  });
  const doors = {
    // Around one procedure: a bug in it is logged, a Problem told.
    clientInterceptors: [
      async ({ context, next }: { context: CallContext; next: () => Promise<unknown> }) => {
        try {
          return await next();
        } catch (error) {
          const isUnread = error instanceof ORPCError && error.code === "BAD_REQUEST" && context.isOtherThanJson;
          const told = isUnread ? new Problem("input_invalid", { detail: sendAsJson }) : error;
          throw outwardError(told, context.requestId, context.logBug);
        }
      },
    ],
    // Around reading the request: what cannot be read is the caller's to mend.
    interceptors: [
      async <T>({ next }: { next: () => Promise<T> }): Promise<T> => {
        try {
          return await next();
        } catch (error) {
          if (error instanceof ORPCError) throw error;
          const unread = isProblem(error)
            ? error
            : new Problem("input_invalid", { detail: "the request cannot be read. Send JSON." });
          throw outwardError(unread, "", () => undefined);
        }
      },
    ],
  };
  return {
    rpc: new RPCHandler(router, doors),
    rest: new OpenAPIHandler(router, { ...doors, customErrorResponseBodyEncoder: bodyOf }),
  };
}
