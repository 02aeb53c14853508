import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { getConnInfo } from "@hono/node-server/conninfo";
import { ORPCError } from "@orpc/server";
import { Hono, type Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { isProblem, Problem } from "../../contract/problem.ts";
import type { House } from "../assemble.ts";
import { type CallContext, lookedUpEachSecond } from "./answering.ts";
import { createAnswers } from "./answers.ts";
import { finishSignIn } from "./come-back.ts";
import {
  isOfMachine,
  limitBody,
  openStreams,
  refuseOtherHosts,
  refuseOtherOrigins,
  securityHeaders,
  tryLimit,
} from "./guard.ts";
import { bugFacts, type Log } from "./log.ts";
import { openApiDocument } from "./openapi.ts";
import { problemPage, signInPage } from "./pages.ts";
import { bodyOf, outwardError, statusOf } from "./problem-status.ts";
import { referencePage } from "./reference.ts";
import { serveFolder } from "./static.ts";
import type { Caller } from "./people.ts";

export type Variables = { requestId: string; caller: Caller | undefined };
type Env = { Variables: Variables };
type AppOptions = {
  log: Log;
  pageFolder: string | undefined;
  pageReady?: Promise<void>;
  /** Shows the terminal of this machine that this is the server it looks for. */
  prove(challenge: string): string | undefined;
};

/**
 * The server's front door. Without a session or an API key only `/health`, `/sign-in` with its style sheet and font answer, and the way
 * back from a service, which carries a state of its own.
 */
export function createApp(house: House, o: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const isHttps = () => house.publicUrl().startsWith("https:");
  // Cookies do not know ports: two Patchbays on one machine would sign each other out under one name. `__Host-` (RFC 6265bis)
  // keeps a neighbour under the same domain from setting ours, and so from signing somebody in as himself.
  const cookieName = () => `${isHttps() ? "__Host-" : ""}patchbay_${new URL(house.publicUrl()).port || "session"}`;
  const answers = createAnswers(house);
  const tries = tryLimit(10);
  const streams = openStreams(100);

  app.use(async (c, next) => {
    const started = performance.now();
    c.set("requestId", randomBytes(4).toString("hex"));
    c.set("caller", undefined);
    await next();
    c.res.headers.set("x-request-id", c.get("requestId"));
    // What is left of too large a body is not read, so nothing else can come over this connection.
    if (c.res.status === 413) c.res.headers.set("connection", "close");
    o.log({
      event: "request",
      requestId: c.get("requestId"),
      tenantId: c.get("caller")?.tenantId,
      method: c.req.method,
      path: c.req.path.slice(0, 200),
      status: c.res.status,
      ms: Math.round(performance.now() - started),
    });
  });
  app.use(securityHeaders(isHttps));
  app.onError((error, c) => answerError(c, error));
  app.notFound((c) => answerError(c, new Problem("not_found", { what: "page" })));

  app.get("/health", (c) => c.json({ ok: true, proof: o.prove(c.req.query("challenge")?.slice(0, 100) ?? "") }));
  app.use(serveFolder(publicFolder, { files: ["plain.css", "signed-in.js", "icon.svg"] }));
  app.use(serveFolder(fontFolder, { files: ["source-sans-3-latin-wght-normal.woff2"] }));

  app.use(refuseOtherHosts(() => new URL(house.publicUrl())));
  app.use(refuseOtherOrigins((c) => ownOrigin(c, house.publicUrl())));
  app.use(limitBody((path) => (largeBodies.test(path) ? 70_000_000 : 1_000_000)));

  // GitHub's signature stands for a sign-in here. What it tells is only a reason to look: nothing of it is believed.
  app.post("/community/webhook", async (c) => {
    const signature = c.req.header("x-hub-signature-256") ?? "";
    const told = await house.community.hear(await c.req.text(), signature);
    return told ? c.json({ ok: true }) : answerError(c, new Problem("not_found", { what: "webhook" }));
  });

  const signIn = async (c: Context<Env>, given: string) => {
    const link = /pbl_[\w-]+/.exec(given)?.[0] ?? given;
    const session = await house.people.redeemLink(link).catch((error: unknown) => {
      if (isProblem(error)) tries.failed(addressOf(c));
      throw error;
    });
    setCookie(c, cookieName(), session.sessionToken, {
      httpOnly: true,
      sameSite: "Lax",
      secure: isHttps(),
      path: "/",
      maxAge: session.maxAgeSeconds,
    });
    return c.redirect(session.onward, 303);
  };
  app.get("/sign-in", async (c) => {
    const link = c.req.query("link");
    if (link === undefined) return c.html(signInPage({}));
    if (c.req.header("sec-purpose")?.includes("prefetch")) return c.body(null, 204);
    // A link on a page of somebody else could sign this browser in as him: that takes a click here.
    const site = c.req.header("sec-fetch-site");
    if (site === "cross-site" || site === "same-site") return c.html(signInPage({ link }));
    return signIn(c, link);
  });
  app.post("/sign-in", async (c) => {
    const form = await c.req.parseBody();
    return signIn(c, typeof form["link"] === "string" ? form["link"] : "");
  });

  app.use(async (c, next) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const token = bearer ?? getCookie(c, cookieName());
    const caller = token === undefined ? undefined : await house.people.recognise(token);
    // A session is a browser's: as a bearer token it would be a copied cookie.
    c.set("caller", bearer !== undefined && caller?.by === "session" ? undefined : caller);
    await next();
  });

  const comeBack = async (c: Context<Env>) => {
    const arrived = { parameters: new URL(c.req.url).searchParams, slug: c.req.param("slug"), caller: c.get("caller") };
    const done = await finishSignIn(house, arrived, (bug) => logBug(c, bug));
    if (done.returnTo) return c.redirect(done.returnTo, 303);
    return c.html(done.page, done.status);
  };
  app.get("/oauth/client.json", async (c) =>
    c.body(JSON.stringify(await house.clientMetadata()), 200, { "content-type": "application/json" }),
  );
  app.get("/oauth/callback/:slug", comeBack);
  app.get("/api/integrations/oauth/callback/:slug", comeBack);

  app.use(async (c, next) => {
    if (!c.get("caller")) throw new Problem("sign_in_needed");
    await next();
  });

  app.get("/icons/:slug", async (c) => {
    const scope = c.get("caller");
    const icon = scope && (await house.icon(scope, c.req.param("slug")));
    if (!icon) throw new Problem("not_found", { what: "icon" });
    return c.body(icon.bytes, 200, {
      "content-type": icon.type,
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "private, max-age=86400",
    });
  });

  app.get("/api", async (c) => c.html(referencePage(await openApiDocument(house.publicUrl()))));
  app.get("/api/openapi.json", async (c) => c.json(await openApiDocument(house.publicUrl())));
  const dispatch = (handler: keyof typeof answers, prefix: "/rpc" | "/api") => async (c: Context<Env>) => {
    const caller = c.get("caller");
    if (!caller) throw new Problem("sign_in_needed");
    // The library takes any method for RPC, and only a GET is held to what reads: a HEAD, which no site has to ask for, would act.
    if (handler === "rpc" && !["GET", "POST"].includes(c.req.method))
      throw new Problem("not_found", { what: "procedure" });
    const context: CallContext = {
      caller,
      requestId: c.get("requestId"),
      logBug: (error) => logBug(c, error),
      isOtherThanJson: /^(application\/x-www-form-urlencoded|text\/plain)\b/i.test(c.req.header("content-type") ?? ""),
      signedOut: () => void deleteCookie(c, cookieName(), { path: "/", secure: isHttps() }),
      isSignedIn: lookedUpEachSecond(() => house.people.isSignedIn(caller)),
      streams,
    };
    const { matched, response } = await answers[handler].handle(c.req.raw, { prefix, context });
    if (!matched) throw new Problem("not_found", { what: "procedure" });
    return c.newResponse(response.body, response);
  };
  app.all("/rpc/*", dispatch("rpc", "/rpc"));
  app.all("/api/*", dispatch("rest", "/api"));

  if (o.pageFolder) {
    app.use(async (_c, next) => {
      await o.pageReady;
      await next();
    });
    app.use(serveFolder(o.pageFolder, { page: "index.html" }));
  }
  return app;

  function logBug(c: Context<Env>, error: unknown): void {
    o.log({
      event: "bug",
      requestId: c.get("requestId"),
      tenantId: c.get("caller")?.tenantId,
      path: c.req.path.slice(0, 200),
      ...bugFacts(error),
    });
  }

  function answerError(c: Context<Env>, error: unknown): Response | Promise<Response> {
    const outward = outwardError(error, c.get("requestId"), (bug) => logBug(c, bug));
    const status = (isProblem(error) ? statusOf(error.code) : outward.status) as ContentfulStatusCode;
    if (outward.code === "too_many_tries" && isProblem(error, "too_many_tries")) {
      c.header("retry-after", String(error.facts.seconds));
    }
    const wantsPage = (c.req.header("accept") ?? "").includes("text/html");
    if (!wantsPage || c.req.path.startsWith("/rpc")) {
      // The typed client reads errors in the form of its own protocol.
      if (c.req.path.startsWith("/rpc/"))
        return c.json({ json: new ORPCError(outward.code, outward).toJSON() }, status);
      return c.json(bodyOf(outward), status);
    }
    if (c.req.path === "/sign-in" || outward.code === "sign_in_needed") {
      return c.html(signInPage(outward.code === "sign_in_needed" ? {} : { problem: outward.message }), status);
    }
    return c.html(problemPage(status === 404 ? "Not here" : "That did not work", outward.message), status);
  }
}

const publicFolder = join(import.meta.dirname, "public");
const fontFolder = join(
  dirname(createRequire(import.meta.url).resolve("@fontsource-variable/source-sans-3/package.json")),
  "files",
);

/** Documents and files come in whole. */
const largeBodies =
  /^\/(rpc\/integrations\/(build|create)|api\/integrations(\/build)?|rpc\/conversations\/saveFile|api\/conversations\/[^/]+\/file)$/;

function ownOrigin(c: Context, publicUrl: string): string {
  const host = c.req.header("host") ?? "";
  const own = new URL(publicUrl);
  // Reached by another name of this machine (127.0.0.1 for localhost) or by its address: then its own pages carry that. A
  // name of somebody else's, pointed here, would not do.
  return isOfMachine(host) && own.protocol === "http:" ? `http://${host}` : own.origin;
}

function addressOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? "unknown";
  } catch {
    return "unknown"; // asked in process, without a socket
  }
}
