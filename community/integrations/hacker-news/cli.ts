import { tool } from "@patchbay/kit";

export default tool({
  slug: "hacker-news",
  summary: "Stories, comments, people and search",
  baseUrl: "https://hacker-news.firebaseio.com/v0",
  operations: {
    "stories top": {
      access: "read",
      request: "GET /topstories.json",
      summary: "Ids of the stories on the front page, best first",
    },
    "stories new": { access: "read", request: "GET /newstories.json", summary: "Ids of the newest stories" },
    "stories best": { access: "read", request: "GET /beststories.json", summary: "Ids of the best stories" },
    "stories ask": { access: "read", request: "GET /askstories.json", summary: "Ids of questions to the community" },
    "stories show": { access: "read", request: "GET /showstories.json", summary: "Ids of things people show" },
    "stories jobs": { access: "read", request: "GET /jobstories.json", summary: "Ids of job offers" },
    "stories read": {
      access: "read",
      requests: ["GET /{list}stories.json", "GET /item/{id}.json"],
      summary: "The stories of a list with title, points and address",
      input: {
        list: { enum: ["top", "new", "best", "ask", "show", "job"], help: "Default top" },
        count: { type: "integer", help: "1 to 30, default 10" },
      },
      run: async (input, api) => {
        const ids: number[] = await api.request("GET", `/${input.list ?? "top"}stories.json`);
        const wanted = ids.slice(0, Math.min(30, Math.max(1, input.count ?? 10)));
        const stories = await Promise.all(wanted.map((id) => api.request("GET", `/item/${id}.json`)));
        return stories.filter((story) => story !== null);
      },
    },
    "items get": {
      access: "read",
      request: "GET /item/{id}.json",
      summary: "A story, comment, job or poll",
      input: { id: { type: "integer", required: true } },
    },
    "items tree": {
      access: "read",
      request: "GET https://hn.algolia.com/api/v1/items/{id}",
      summary: "A story with all its comments",
      input: { id: { type: "integer", required: true } },
    },
    "users get": {
      access: "read",
      request: "GET /user/{id}.json",
      summary: "One person",
      input: { id: { required: true, help: "The name, upper and lower case count" } },
    },
    "updates list": { access: "read", request: "GET /updates.json", summary: "Items and people that changed just now" },
    search: {
      access: "read",
      request: "GET https://hn.algolia.com/api/v1/search",
      summary: "Search stories and comments, best first",
      input: {
        query: {},
        tags: { help: "e.g. story, comment, author_pg, (story,poll)" },
        numericFilters: { help: "e.g. points>100" },
        hitsPerPage: { type: "integer", max: 1000 },
        page: { type: "integer", help: "From 0" },
      },
      pages: { by: "page", parameter: "page", start: 0, size: "hitsPerPage", items: "hits" },
    },
    "search recent": {
      access: "read",
      request: "GET https://hn.algolia.com/api/v1/search_by_date",
      summary: "Search stories and comments, newest first",
      input: {
        query: {},
        tags: {},
        numericFilters: {},
        hitsPerPage: { type: "integer", max: 1000 },
        page: { type: "integer", help: "From 0" },
      },
      pages: { by: "page", parameter: "page", start: 0, size: "hitsPerPage", items: "hits" },
    },
  },
});
