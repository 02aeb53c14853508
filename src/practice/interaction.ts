import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { z } from "zod";
import type { AuthorizationServer, Question } from "./authorization-server.ts";
import type { Person } from "./nouns.ts";
import { errorPage, escapeHtml, narrowPage, pageHeaders } from "./pages.ts";
import { scopes } from "./sign-in.ts";

const Form = z.discriminatedUnion("step", [
  z.object({ step: z.literal("person"), person: z.string() }),
  z.object({ step: z.literal("decision"), person: z.string(), decision: z.enum(["allow", "deny"]) }),
]);

/** Serves the two pages of a sign-in: who are you, and may this client use your boards. */
export function serveInteraction(
  app: Hono<{ Bindings: HttpBindings }>,
  { people, authorization }: { people: readonly Person[]; authorization(): Promise<AuthorizationServer> },
) {
  const over = errorPage(
    "This sign-in is over",
    "It was answered already, took longer than ten minutes, or began in another browser.",
  );

  app.get("/oauth/interaction/:uid", async (c) => {
    const question = await (await authorization()).question(c.env.incoming, c.env.outgoing);
    return c.body(question ? askWho(people) : over, question ? 200 : 400, pageHeaders);
  });

  app.post("/oauth/interaction/:uid", async (c) => {
    const server = await authorization();
    const question = await server.question(c.env.incoming, c.env.outgoing);
    if (!question) return c.body(over, 400, pageHeaders);
    const form = Form.safeParse(await c.req.parseBody());
    const person = people.find(({ id }) => id === form.data?.person);
    if (!form.success || !person) return c.body(askWho(people), 400, pageHeaders);
    if (form.data.step === "person") return c.body(askConsent(question, person), 200, pageHeaders);
    const next = await server.answer(c.env.incoming, c.env.outgoing, {
      personId: person.id,
      allow: form.data.decision === "allow",
    });
    return c.redirect(next, 303);
  });
}

function askWho(people: readonly Person[]): string {
  const buttons = people.map(
    ({ id, name }) => `<button name="person" value="${escapeHtml(id)}">${escapeHtml(name)}</button>`,
  );
  return narrowPage(
    "Who are you?",
    `<p>Practice people have no passwords. Choose the one you want to be.</p>
<form method="post"><input type="hidden" name="step" value="person"><div class="choices">${buttons.join("")}</div></form>`,
  );
}

function askConsent({ clientName, scopes: asked }: Question, person: Person): string {
  const wishes = Object.entries(scopes).filter(([scope]) => asked.includes(scope));
  const list = wishes.map(([scope, meaning]) => `<li>${escapeHtml(meaning)} <code>${escapeHtml(scope)}</code></li>`);
  return narrowPage(
    `May ${clientName} use your boards?`,
    `<p>You are <strong>${escapeHtml(person.name)}</strong>. If you allow it, ${escapeHtml(clientName)} may, in your name:</p>
<ul>${list.join("") || "<li>Know who you are</li>"}</ul>
<form method="post"><input type="hidden" name="step" value="decision"><input type="hidden" name="person" value="${escapeHtml(person.id)}">
<div class="choices"><button name="decision" value="deny">Deny</button><button name="decision" value="allow">Allow</button></div></form>`,
  );
}
