import { example, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const introduction: ManualPage = {
  slug: "",
  title: "Introduction",
  body: (url) => `
<p>Practice Boards is a small kanban service. A <a href="/docs/boards">board</a> holds <a href="/docs/lists">lists</a>, a list holds
<a href="/docs/cards">cards</a>, and on a card there are <a href="/docs/comments">comments</a> and <a href="/docs/attachments">attachments</a>.
Everything you see in it can be read and changed with the API this manual describes.</p>

<p>The API speaks JSON over HTTP. All paths in this manual are relative to</p>
${example("http", `${url}/v1`)}
<p>so <code>GET /boards</code> means <code>GET ${url}/v1/boards</code>. Times are UTC and written like
<code>2026-03-02T09:30:00.000Z</code>. Ids are short strings such as <code>brd_kitchen</code>; treat them as opaque.</p>

<h2>First request</h2>
<p>Get your key from <a href="/keys">the keys page</a> and ask who you are:</p>
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" ${url}/v1/me`)}
${example("json", `{ "id": "ana", "name": "Ana Alves", "email": "ana@practice.example" }`)}
<p><code>GET /me</code> changes nothing and costs next to nothing: it is the way to see whether a key or token works.
The other ways to sign in are under <a href="/docs/authentication">Authentication</a>.</p>

<h2>What is where</h2>
${table(
  ["Path", "What it is", "Described in"],
  [
    ["/me", "You", "this page"],
    ["/boards", "Your boards", `<a href="/docs/boards">Boards</a>`],
    ["/lists", "Columns of a board, and labels", `<a href="/docs/lists">Lists and labels</a>`],
    ["/cards", "Cards", `<a href="/docs/cards">Cards</a>`],
    ["/comments", "What was said about a card", `<a href="/docs/comments">Comments</a>`],
    ["/attachments", "Files on a card", `<a href="/docs/attachments">Attachments</a>`],
    ["/search", "Find things by words", `<a href="/docs/search">Search</a>`],
  ],
)}
<p>Before you write a program, read <a href="/docs/pagination">Pagination</a> and <a href="/docs/errors">Errors and limits</a>.</p>
`,
};
