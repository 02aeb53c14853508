import { describe, expect, it } from "vitest";
import { isSamePath, requestsIn } from "./requests-in.ts";

describe("requestsIn", () => {
  it.each([
    ["a line of code", "Send `GET /boards/{id}` to get one.", ["GET /boards/{}"]],
    ["marks between method and path", "**`PUT`** `/me`", ["PUT /me"]],
    ["a whole address", "POST https://api.a.example/v8/clients?x=1", ["POST /v8/clients"]],
    ["a table", "| GET | /cards/:id |\n| DELETE | /cards/<card_id> |", ["GET /cards/{}", "DELETE /cards/{}"]],
    ["a table with the path first", "| /cards/{id} | PATCH |", ["PATCH /cards/{}"]],
    [
      "curl over several lines",
      "curl -u k:api_token \\\n  -d '{\"a\":1}' \\\n  https://a.example/v8/tags",
      ["POST /v8/tags"],
    ],
    ["curl that names its method", "curl -X DELETE https://a.example/v8/tags/12", ["DELETE /v8/tags/12"]],
    [
      "the ids of an example",
      "PUT /tags/1239455 and PUT https://a.example/tags/777,778/x",
      ["PUT /tags/{}", "PUT /tags/{}/x"],
    ],
    ["curl that only asks", 'curl "https://a.example/v8/me?since=1"', ["GET /v8/me"]],
    ["a call of a library", `await client.post("/boards", body)`, ["POST /boards"]],
    [
      "a blank in italics",
      "GET /folders/*id*/files and `PUT` /folders/\\*id\\*.",
      ["GET /folders/{}/files", "PUT /folders/{}"],
    ],
    [
      "a blank in brackets",
      "GET /queues/(vhost)/(name) and (PUT /queues/[vhost])",
      ["GET /queues/{}/{}", "PUT /queues/{}"],
    ],
    ["a blank between percent signs", "GET /queues/%vhost%, GET /queues/%2F", ["GET /queues/{}", "GET /queues/%2F"]],
    [
      "a table with a column for each method",
      "| GET | PUT | Path |\n| --- | --- | --- |\n| X |  | /api/queues |\n| X | ✓ | `/api/queues/`*vhost*/*name*<br>/api/all |\n| - | no | /api/none |",
      ["GET /api/queues", "GET /api/queues/{}/{}", "PUT /api/queues/{}/{}", "GET /api/all", "PUT /api/all"],
    ],
    ["a path alone", "Boards live below /boards.", []],
    ["a word that looks like a method", "GET a key, then POST it to us.", []],
  ])("finds %s", (_, text, expected) => {
    expect(requestsIn(text).map(({ method, path }) => `${method} ${path}`)).toEqual(expected);
  });
});

describe("isSamePath", () => {
  const wanted = { base: "https://api.a.example/api/v8", path: "/clients/{client_id}/projects" };
  it.each([
    ["/api/v8/clients/{}/projects", true],
    ["/clients/{}/projects", true],
    ["/v8/clients/1239455/projects", true],
    ["/clients/{}", false],
    ["/v9/clients/{}/projects", false],
    ["/clients/my-client/projects", true],
    ["/clients/clientId/projects", true],
    ["/clients/CLIENT/projects", true],
    ["/clients/all/projects", false],
    ["/clients/{}/projects/{}", false],
    ["/projects", false],
  ])("%s is it: %s", (documented, expected) => {
    expect(isSamePath(documented, wanted)).toBe(expected);
  });

  it("takes no blank of the docs for a fixed part of the operation", () => {
    expect(isSamePath("/clients/{}", { base: "https://a.example", path: "/clients/secret" })).toBe(false);
  });
});

describe("a heading of several paths", () => {
  const text = `## /config/folders, /config/devices

**GET** returns all folders respectively devices. **PUT** takes an array and **POST** a single object.

## /config/folders/\\*id\\* and /config/devices/*id*

\`GET\` returns one, **DELETE** removes it. Do not PATCH it.

## /config/empty

Says nothing of methods; see **GET** /other.

## More about /config/folders, and others

**GET** is harmless.`;
  const requests = requestsIn(text).map(({ method, path }) => `${method} ${path}`);

  it("stands for each of them with each method set under it", () => {
    for (const path of ["/config/folders", "/config/devices"])
      for (const method of ["GET", "PUT", "POST"]) expect(requests).toContain(`${method} ${path}`);
    for (const path of ["/config/folders/{}", "/config/devices/{}"])
      for (const method of ["GET", "DELETE"]) expect(requests).toContain(`${method} ${path}`);
  });

  it("and for no method that another heading or running text names", () => {
    expect(requests).not.toContain("DELETE /config/folders");
    expect(requests).not.toContain("PATCH /config/folders/{}");
    expect(requests).not.toContain("POST /config/empty");
  });
});
