import { example, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const pagination: ManualPage = {
  slug: "pagination",
  title: "Pagination",
  body: (url) => `
<p>Long answers come in pages, in one of two ways.</p>
${table(
  ["What", "How"],
  [
    ["Cards, comments", `<a href="#cursors">Cursors</a>`],
    ["Boards", `<a href="#numbered-pages">Numbered pages</a> with a <code>Link</code> header`],
    ["Search", `<a href="#numbered-pages">Numbered pages</a> with <code>total</code> in the body`],
    ["Lists, labels, attachments", "All at once"],
  ],
)}

<h2 id="cursors">Cursors</h2>
<p>The answer holds <code>items</code> and <code>next_cursor</code>. To get the next page, repeat the request with <code>cursor</code> set to it. On the
last page <code>next_cursor</code> is <code>null</code>. A cursor is opaque: do not build one yourself. Keep the other parameters the same while you go on.</p>
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" "${url}/v1/lists/lst_books_unread/cards?limit=20&cursor=NEXT_CURSOR"`)}
${example("json", `{ "items": [ … ], "next_cursor": "WzIwMDAwLCJjcmRfYm9va3NfMjAiXQ" }`)}

<h2 id="numbered-pages">Numbered pages</h2>
<p>Say which page you want with <code>page</code> and how long it shall be with <code>per_page</code>. For boards, the header <code>Link</code> has the
addresses of the pages around it, and <code>X-Total-Count</code> says how many boards there are:</p>
${example("http", `Link: <${url}/v1/boards?page=2>; rel="next", <${url}/v1/boards?page=1>; rel="first", <${url}/v1/boards?page=3>; rel="last"\nX-Total-Count: 24`)}
<p>These addresses hold no key: if you sign in through the query, add your key and token again. <a href="/docs/search">Search</a> tells the number of
finds as <code>total</code> in its body instead.</p>
`,
};
