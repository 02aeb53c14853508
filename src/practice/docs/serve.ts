import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import type { Derive } from "../keys.ts";
import type { Person } from "../nouns.ts";
import { escapeHtml, narrowPage, pageHeaders, stylesheet } from "../pages.ts";
import { manual, manualAddress, manualPage } from "./manual.ts";

type Needs = { url: string; people: readonly Person[]; derive: Derive };

/** Serves the front page, the keys page, the manual and the stylesheet. */
export function servePages(app: Hono<{ Bindings: HttpBindings }>, { url, people, derive }: Needs) {
  app.get("/", (c) => c.body(front, 200, pageHeaders));
  app.get("/practice.css", (c) =>
    c.body(stylesheet, 200, { "content-type": "text/css; charset=utf-8", "cache-control": "max-age=60" }),
  );

  // Keys are shown as the answer to a form only: a program that merely reads addresses does not come upon them.
  const buttons = people
    .map(({ id, name }) => `<button name="person" value="${id}">${escapeHtml(name)}</button>`)
    .join("");
  const askWho = narrowPage(
    "Your keys",
    `<p>Whose keys do you want to see?</p><form method="post"><div class="choices">${buttons}</div></form>`,
  );
  app.get("/keys", (c) => c.body(askWho, 200, pageHeaders));
  app.post("/keys", async (c) => {
    const { person: wanted } = await c.req.parseBody();
    const person = people.find(({ id }) => id === wanted);
    return c.body(person ? keysOf(person, derive) : askWho, person ? 200 : 400, pageHeaders);
  });

  for (const entry of manual) app.get(manualAddress(entry), (c) => c.body(manualPage(entry, url), 200, pageHeaders));
}

const front = narrowPage(
  "A board to practise on",
  `<p>A small kanban service on your own machine: make a mess, nobody minds.</p>
<ul><li><a href="/docs">Read the manual</a></li><li><a href="/keys">See your keys</a></li></ul>`,
);

function keysOf(person: Person, derive: Derive): string {
  const { apiKey, pair } = derive.keys(person.id);
  return narrowPage(
    `Keys of ${person.name}`,
    `<h2>For the header <code>X-Board-Key</code></h2><pre>${apiKey}</pre>
<h2>For the query, both together</h2><p><code>key</code></p><pre>${pair.key}</pre><p><code>token</code></p><pre>${pair.token}</pre>
<p>They stay the same for as long as this service keeps its data.</p>`,
  );
}
