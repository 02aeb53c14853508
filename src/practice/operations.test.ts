import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { deriveFrom, newSeed } from "./keys.ts";
import { startPractice } from "./start.ts";
import type { PracticeService } from "./start.ts";

let service: PracticeService;
let ben: string;
beforeAll(async () => {
  service = await startPractice();
  const page = await (
    await fetch(`${service.url}/keys`, { method: "POST", body: new URLSearchParams({ person: "ben" }) })
  ).text();
  ben = page.match(/<pre>(bk_[^<]+)<\/pre>/)?.[1] ?? "";
});
afterAll(() => service.close());

async function ask(method: string, path: string, json?: unknown, key = service.keys.apiKey) {
  const headers = { "x-board-key": key, ...(json !== undefined && { "content-type": "application/json" }) };
  const response = await fetch(`${service.url}/v1${path}`, {
    method,
    headers,
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: response.headers.get("content-type")?.startsWith("application/json")
      ? z.json().parse(JSON.parse(text))
      : text,
  };
}
const Page = z.object({
  items: z.array(z.looseObject({ id: z.string(), name: z.string().optional() })),
  next_cursor: z.string().nullable(),
});
const cards = async (path: string) => Page.parse((await ask("GET", path)).body);
const Made = z.looseObject({ id: z.string(), position: z.number() });
const make = async (path: string, json: unknown) => Made.parse((await ask("POST", path, json)).body);

describe("pages", () => {
  it("with a cursor go through everything once", async () => {
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: z.infer<typeof Page> = await cards(
        `/lists/lst_books_unread/cards?limit=25${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toHaveLength(60);
    expect(new Set(seen).size).toBe(60);
  });

  it("with a cursor go on rightly when the card before it is deleted meanwhile", async () => {
    const list = await make("/boards/brd_books/lists", { name: "Lent" });
    for (const name of ["one", "two", "three", "four"]) await make(`/lists/${list.id}/cards`, { name });
    const first = await cards(`/lists/${list.id}/cards?limit=2`);
    await ask("DELETE", `/cards/${first.items[1]?.id}`);
    const second = await cards(`/lists/${list.id}/cards?limit=2&cursor=${first.next_cursor}`);
    expect([second.items.map(({ name }) => name), second.next_cursor]).toEqual([["three", "four"], null]);
  });

  it.each([
    "nonsense",
    Buffer.from('{"position":1}').toString("base64url"),
    Buffer.from("[1,2]").toString("base64url"),
  ])("refuse the cursor %s", async (cursor) => {
    expect(await ask("GET", `/boards/brd_books/cards?cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_cursor" } },
    });
  });

  it("with numbers are linked to their neighbours, without the secrets of the request", async () => {
    const { key, token } = service.keys.pair;
    const answer = await fetch(`${service.url}/v1/boards?page=2&per_page=1&key=${key}&token=${token}`);
    const page = (number: number) => `<${service.url}/v1/boards?page=${number}&per_page=1>`;
    expect(answer.headers.get("x-total-count")).toBe("4");
    expect(answer.headers.get("link")).toBe(
      `${page(1)}; rel="prev", ${page(3)}; rel="next", ${page(1)}; rel="first", ${page(4)}; rel="last"`,
    );
  });

  it("beyond the last are empty", async () => {
    expect(await ask("GET", "/boards?page=99")).toMatchObject({ status: 200, body: [] });
    expect(await ask("GET", "/search?query=book&page=99")).toMatchObject({ body: { items: [], page: 99, total: 61 } });
  });
});

describe("cards", () => {
  it("move between lists, to the end that is asked for", async () => {
    const one = await make("/lists/lst_kitchen_todo/cards", { name: "Buy milk" });
    expect(await ask("POST", `/cards/${one.id}/move`, { list_id: "lst_kitchen_done", position: "top" })).toMatchObject({
      status: 200,
      body: { list_id: "lst_kitchen_done" },
    });
    const [first] = (await cards("/lists/lst_kitchen_done/cards")).items;
    expect(first?.id).toBe(one.id);
  });

  it("lose their labels on another board", async () => {
    const card = await make("/lists/lst_kitchen_todo/cards", { name: "Lamp", label_ids: ["lbl_kitchen_shop"] });
    expect(await ask("POST", `/cards/${card.id}/move`, { list_id: "lst_launch_ideas" })).toMatchObject({
      body: { board_id: "brd_launch", label_ids: [] },
    });
  });

  it("refuse labels of another board", async () => {
    expect(
      await ask("POST", "/lists/lst_kitchen_todo/cards", { name: "Lamp", label_ids: ["lbl_launch_text"] }),
    ).toMatchObject({
      status: 422,
      body: {
        error: {
          code: "invalid_fields",
          details: [{ field: "label_ids", message: "There is no label lbl_launch_text on this board." }],
        },
      },
    });
  });

  it("are found by labels, due date and state", async () => {
    const names = async (query: string) =>
      (await cards(`/boards/brd_kitchen/cards?${query}`)).items.map(({ id }) => id).toSorted();
    expect(await names("label_id=lbl_kitchen_urgent")).toEqual(["crd_kitchen_plumber", "crd_kitchen_tiles"]);
    expect(await names("label_id=lbl_kitchen_urgent&label_id=lbl_kitchen_shop")).toEqual(["crd_kitchen_tiles"]);
    expect(await names(`due_before=${new Date(Date.now() + 2 * 86_400_000).toISOString()}`)).toEqual([
      "crd_kitchen_tiles",
    ]);
    const card = await make("/lists/lst_kitchen_todo/cards", { name: "Gone" });
    await ask("POST", `/cards/${card.id}/archive`);
    expect(await names("state=archived")).toEqual([card.id]);
  });

  it("name every wrong field, and fields nobody knows", async () => {
    const { status, body } = await ask("POST", "/lists/lst_kitchen_todo/cards", { title: "Lamp", due_at: "tomorrow" });
    expect([status, JSON.stringify(body)]).toEqual([
      422,
      expect.stringMatching(/"field":"name".*"field":"due_at".*title/),
    ]);
  });

  it("take comments, files and labels with them or along as the manual says", async () => {
    await ask("DELETE", "/labels/lbl_launch_legal");
    expect(await ask("GET", "/cards/crd_launch_imprint")).toMatchObject({ body: { label_ids: [] } });
    const card = await make("/lists/lst_kitchen_todo/cards", { name: "Short-lived" });
    const comment = z
      .object({ id: z.string() })
      .parse((await ask("POST", `/cards/${card.id}/comments`, { text: "Hm" })).body);
    await ask("DELETE", `/cards/${card.id}`);
    expect((await ask("DELETE", `/comments/${comment.id}`)).status).toBe(404);
  });
});

describe("attachments", () => {
  async function attach(file: File) {
    const body = new FormData();
    body.set("file", file);
    const answer = await fetch(`${service.url}/v1/cards/crd_kitchen_tiles/attachments`, {
      method: "POST",
      headers: { "x-board-key": service.keys.apiKey },
      body,
    });
    return z.object({ id: z.string(), sha256: z.string(), size: z.number() }).parse(await answer.json());
  }
  const download = (id: string) =>
    fetch(`${service.url}/v1/attachments/${id}/content`, { headers: { "x-board-key": service.keys.apiKey } });

  it("come back byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);
    const { id, sha256, size } = await attach(new File([bytes], "Bild äöü.png", { type: "image/png" }));
    const answer = await download(id);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
    expect([size, sha256]).toEqual([70_000, createHash("sha256").update(bytes).digest("hex")]);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("content-disposition")).toBe(
      "attachment; filename*=UTF-8''Bild%20%C3%A4%C3%B6%C3%BC.png",
    );
  });

  it("that are pages are not shown as pages of ours (stored script)", async () => {
    const { id } = await attach(new File(["<script>1</script>"], "x.html", { type: "text/html" }));
    const { headers } = await download(id);
    expect([headers.get("content-security-policy"), headers.get("x-content-type-options")]).toEqual([
      "sandbox",
      "nosniff",
    ]);
    expect(headers.get("content-disposition")).toMatch(/^attachment/);
  });

  it.each(["..%2f..%2fjournal.jsonl", "%2e%2e%2fjournal.jsonl", "..\\journal.jsonl"])(
    "are not found under the path %s (path traversal)",
    async (id) => {
      expect((await download(id)).status).toBe(404);
    },
  );
});

describe("what another person has", () => {
  it.each([
    ["GET", "/boards/brd_kitchen"],
    ["PATCH", "/boards/brd_kitchen", { name: "Mine" }],
    ["DELETE", "/boards/brd_kitchen"],
    ["GET", "/boards/brd_kitchen/lists"],
    ["GET", "/boards/brd_kitchen/cards"],
    ["POST", "/boards/brd_kitchen/lists", { name: "Mine" }],
    ["GET", "/lists/lst_kitchen_doing"],
    ["POST", "/lists/lst_kitchen_doing/cards", { name: "Mine" }],
    ["GET", "/cards/crd_kitchen_tiles"],
    ["POST", "/cards/crd_kitchen_tiles/move", { list_id: "lst_band_songs" }],
    ["POST", "/cards/crd_launch_announcement/move", { list_id: "lst_kitchen_doing" }],
    ["GET", "/cards/crd_kitchen_tiles/comments"],
    ["PATCH", "/comments/cmt_kitchen_tiles_1", { text: "Mine" }],
    ["GET", "/attachments/att_kitchen_plan"],
    ["GET", "/attachments/att_kitchen_plan/content"],
    ["DELETE", "/labels/lbl_kitchen_urgent"],
  ])("is not there for others: %s %s", async (method, path, json?: unknown) => {
    expect(await ask(method, path, json, ben)).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  });

  it("is not found by search", async () => {
    expect(await ask("GET", "/search?query=tiles", undefined, ben)).toMatchObject({ body: { items: [], total: 0 } });
    expect(await ask("GET", "/search?query=draft&type=comment", undefined, ben)).toMatchObject({ body: { total: 1 } });
  });

  it("said on a shared board can be read, not changed", async () => {
    expect(await ask("PATCH", "/comments/cmt_launch_announcement_1", { text: "Mine" })).toMatchObject({
      status: 403,
      body: { error: { code: "not_yours" } },
    });
    expect(await ask("DELETE", "/comments/cmt_launch_announcement_1")).toMatchObject({ status: 403 });
  });
});

describe("the awkward corner", () => {
  it("fails in three tongues", async () => {
    expect(await ask("GET", "/awkward/soft-failure")).toMatchObject({
      status: 200,
      body: { ok: false, error: "board_is_asleep" },
    });
    expect(await ask("GET", "/awkward/html-failure")).toMatchObject({
      status: 503,
      body: expect.stringContaining("<h1>"),
    });
    expect(await ask("GET", "/awkward/text-failure")).toMatchObject({
      status: 500,
      body: "something fell off the board\n",
    });
  });

  it("echoes the secret that was sent, in body and header", async () => {
    const { body, headers } = await ask("GET", "/awkward/echo");
    expect(JSON.stringify(body)).toContain(service.keys.apiKey);
    expect(headers.get("x-echo-authorization")).toBe(service.keys.apiKey);
  });

  it("asks to slow down on the busy board", async () => {
    const { status, headers } = await ask("GET", "/boards/brd_busy/cards");
    expect([status, headers.get("retry-after")]).toEqual([429, "1"]);
  });

  it("says which methods and paths are not there", async () => {
    expect(await ask("DELETE", "/me")).toMatchObject({ status: 405, body: { error: { code: "method_not_allowed" } } });
    expect(await ask("GET", "/nothing")).toMatchObject({ status: 404 });
  });
});

it("derives keys that fit only their own seed and person", () => {
  const [one, other] = [deriveFrom(newSeed()), deriveFrom(newSeed())];
  const all = [one.keys("ana"), one.keys("ben"), other.keys("ana")].flatMap(({ apiKey, pair }) => [
    apiKey,
    pair.key,
    pair.token,
  ]);
  expect(new Set(all).size).toBe(9);
});
