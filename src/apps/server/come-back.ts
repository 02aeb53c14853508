import { isProblem } from "../../contract/problem.ts";
import type { House } from "../assemble.ts";
import { signedInPage } from "./pages.ts";
import type { Caller } from "./people.ts";

type Arrived = { parameters: URLSearchParams; slug: string | undefined; caller: Caller | undefined };
type ComeBack = { returnTo?: string; page: ReturnType<typeof signedInPage>; status: 200 | 400 | 500 };

/**
 * The way back from a service: takes the code, lets the server make its first read, and tells the conversation it was for.
 * The state in the parameters says whose sign-in it is; a page says in plain words how it went.
 */
export async function finishSignIn(
  { connections, agent, prove }: House,
  { parameters, slug, caller }: Arrived,
  logBug: (error: unknown) => void,
): Promise<ComeBack> {
  try {
    const done = await connections.finishOAuth({
      parameters,
      slug,
      sessionToken: caller?.sessionToken,
      signedInAs: caller,
    });
    const { scope, conversationId, cardId, returnTo } = done;
    const connectionId = done.connection.id;
    const proof =
      conversationId === undefined
        ? await prove(scope, connectionId)
        : await agent.continueAfterSignIn(scope, conversationId, { connectionId, cardId });
    if (!proof.ok && proof.code !== "nothing_to_try") return notConnected(proof.message, 400);
    const { connection, integration } = await connections.describe(scope, connectionId);
    return {
      ...(returnTo === "/done" ? {} : { returnTo }),
      page: signedInPage({ ok: true, integration: integration.name, account: connection.label }),
      status: 200,
    };
  } catch (error) {
    if (!isProblem(error)) {
      logBug(error);
      return notConnected("Something broke on our side. Start the sign-in again.", 500);
    }
    const failed = connections.failedSignIn(error);
    if (failed?.conversationId !== undefined && failed.cardId !== undefined) {
      const { code, message } = error;
      await agent.signInFailed(failed.scope, failed.conversationId, { cardId: failed.cardId, code, message });
    }
    return notConnected(error.message, 400);
  }
}

function notConnected(message: string, status: 400 | 500): ComeBack {
  return { page: signedInPage({ ok: false, message }), status };
}
