import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { AuthorizationServer } from "./authorization-server.ts";
import { servePages } from "./docs/serve.ts";
import { openApiDocument } from "./document.ts";
import { serveInteraction } from "./interaction.ts";
import type { Journal } from "./journal.ts";
import type { Kanban } from "./kanban.ts";
import type { Derive } from "./keys.ts";
import { masked } from "./log.ts";
import type { PracticeLog } from "./log.ts";
import type { Person } from "./nouns.ts";
import { operations } from "./operations.ts";
import { errorPage, pageHeaders } from "./pages.ts";
import { limitRates } from "./rate-limit.ts";
import { serveOperations } from "./serve-operations.ts";
import { scopes, signInBy } from "./sign-in.ts";

type Needs = {
  url: string;
  journal: Journal;
  kanban: Kanban;
  derive: Derive;
  people: readonly Person[];
  log: PracticeLog;
  onFault(error: Error): void;
  authorization(): Promise<AuthorizationServer>;
};

/** Everything the practice service answers: the API, its documents, the sign-in pages and the authorization server. */
export function practiceApp(needs: Needs): (request: IncomingMessage, response: ServerResponse) => void {
  const { url, log, onFault, authorization } = needs;
  const app = new Hono<{ Bindings: HttpBindings }>();
  const findAccessToken = async (token: string) => (await authorization()).findAccessToken(token);
  serveOperations(
    app,
    { ...needs, signIn: signInBy({ ...needs, findAccessToken }), rateLimit: limitRates() },
    operations,
  );

  app.use("*", async (c, next) => {
    await next();
    const asked = new URL(c.req.url);
    const part = asked.pathname.startsWith("/oauth/") ? "authorization" : "pages";
    log.add({
      part,
      method: c.req.method,
      path: asked.pathname,
      query: masked(asked.searchParams, part),
      status: c.res.status,
    });
  });
  serveInteraction(app, needs);
  servePages(app, needs);
  const document = openApiDocument(url, operations);
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/.well-known/oauth-protected-resource/v1", (c) => c.json(protectedResource(url)));
  app.notFound((c) => c.body(errorPage("There is nothing here", c.req.path), 404, pageHeaders));
  app.onError((error, c) => {
    onFault(error);
    return c.json({ error: { code: "fault", message: "Something broke in the practice service." } }, 500);
  });

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => {
    if (!ofAuthorizationServer.test(request.url?.split("?")[0] ?? "")) return void listener(request, response);
    authorization().then(
      (loaded) => loaded.handle(request, response),
      (error: Error) => {
        onFault(error);
        response.writeHead(500).end();
      },
    );
  };
}

/** Its own paths, save the pages on which a person answers: those are ours. */
const ofAuthorizationServer =
  /^\/(oauth\/(?!interaction\/)|\.well-known\/(oauth-authorization-server|openid-configuration)$)/;

/** RFC 9728: where a client that was refused finds the authorization server. */
const protectedResource = (url: string) => ({
  resource: `${url}/v1`,
  authorization_servers: [url],
  scopes_supported: Object.keys(scopes),
  bearer_methods_supported: ["header"],
  resource_documentation: `${url}/docs`,
});
