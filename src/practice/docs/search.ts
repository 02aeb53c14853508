import { example, request, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const search: ManualPage = {
  slug: "search",
  title: "Search",
  body: (url) => `
<p>Search looks through names and descriptions of your boards and cards, and through comments. It finds what holds all of your words, in any order;
capitals do not matter. Archived boards and cards are left out.</p>

${request("GET /search", "Search")}
${table(
  ["Query parameter", "Type", "Meaning"],
  [
    ["query", "string, required", "Words to look for, 1 to 200 characters"],
    ["type", "string", "Only <code>board</code>, <code>card</code> or <code>comment</code>"],
    ["page", "integer", "Which page, from 1. Default 1"],
    ["per_page", "integer", "1 to 50. Default 10"],
  ],
)}
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" "${url}/v1/search?query=tiles"`)}
<p>The answer holds one page of finds, boards first, then cards, then comments, and how many there are in all:</p>
${example(
  "json",
  `{
  "items": [
    {
      "type": "card",
      "id": "crd_kitchen_tiles",
      "title": "Choose the tiles",
      "excerpt": "About 8 square metres. Grey or green.",
      "board_id": "brd_kitchen",
      "card_id": "crd_kitchen_tiles"
    }
  ],
  "page": 1,
  "per_page": 10,
  "total": 1
}`,
)}
<p>The next page exists as long as <code>page</code> times <code>per_page</code> is less than <code>total</code>. More under <a href="/docs/pagination">Pagination</a>.</p>
`,
};
