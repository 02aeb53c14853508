import { expect, it } from "vitest";
import { judge } from "./access.ts";
import type { Endpoint } from "./model.ts";

function endpoint(method: string, path: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    method,
    path,
    tags: [],
    summary: "",
    description: "",
    deprecated: false,
    parameters: [],
    answersBytes: false,
    linkHeader: false,
    ...more,
  };
}

it.each([
  endpoint("GET", "/users/logout"),
  endpoint("GET", "/session", { summary: "Log out the current user" }),
  endpoint("GET", "/session", { summary: "Session", description: "Logs the user out and ends the session." }),
  endpoint("GET", "/auth", { description: "Logs that user onto the server." }),
  endpoint("GET", "/newsletter/unsubscribe/{token}"),
  endpoint("GET", "/newsletter/unsubscribe/{token}", { id: "getUnsubscribe", summary: "Get unsubscribe" }),
  endpoint("GET", "/invitations/{id}/accept", { summary: "Returns the invitation" }),
  endpoint("GET", "/jobs/{id}/trigger"),
  endpoint("GET", "/jobs/{id}/start", { summary: "Get start" }),
  endpoint("GET", "/hooks/{id}", { id: "triggerHook" }),
  endpoint("GET", "/accounts/{id}/disable"),
  endpoint("GET", "/accounts/recover"),
  endpoint("GET", "/notifications", { summary: "Mark all notifications as read" }),
  endpoint("GET", "/notifications", {
    summary: "Get notifications",
    description: "Returns new ones and marks them as read.",
  }),
  endpoint("GET", "/messages/next", { description: "Gets the next message. The message will be deleted." }),
  endpoint("GET", "/reports/weekly", { summary: "Start export", description: "Returns the id of the job." }),
  endpoint("GET", "/reports/weekly", { description: "Starts an export of the report." }),
  endpoint("GET", "/reports/export", { id: "exportReport" }),
  endpoint("GET", "/message", { id: "getAndDeleteMessage", summary: "Get a message" }),
  endpoint("GET", "/auth.revoke"),
  endpoint("GET", "/quote/like/toggle"),
  endpoint("GET", "/api.php?action=delete"),
  endpoint("GET", "/api", {
    parameters: [
      {
        name: "action",
        in: "query",
        required: true,
        schema: { enum: ["list", "remove"] },
        help: "",
        deprecated: false,
      },
    ],
  }),
  endpoint("GET", "/link", { description: "This endpoint activates the account." }),
  endpoint("GET", "/confirm", { description: "Used to confirm an e-mail address." }),
  endpoint("GET", "/export/users/{id}"),
  endpoint("HEAD", "/cache/purge"),
  endpoint("POST", "/search"),
  endpoint("DELETE", "/x"),
  endpoint("OPTIONS", "/x"),
])("counts $method $path ($summary $description) as a write", (one) => {
  const { access, reason } = judge(one);
  expect(access).toBe("write");
  // Where the method says it already, nothing need be said.
  expect(reason !== undefined).toBe(one.method === "GET" || one.method === "HEAD");
});

it.each([
  endpoint("GET", "/boards"),
  endpoint("GET", "/boards/{id}", {
    summary: "Get a board",
    description: "This endpoint will be removed in version 3.",
  }),
  endpoint("GET", "/orders/open", { summary: "List open orders" }),
  endpoint("GET", "/starred", { summary: "Repositories starred by the user" }),
  endpoint("GET", "/imports/{id}", { summary: "Get import status" }),
  endpoint("GET", "/issues/{id}/lock", { summary: "Check whether the issue is locked" }),
  endpoint("GET", "/deploy_keys", { summary: "List deploy keys" }),
  endpoint("GET", "/settings/sendAs", { summary: "Lists the send-as aliases" }),
  endpoint("GET", "/jobs/{id}/logs", {
    summary: "Download job logs",
    description: "Gets a redirect. This link expires after 1 minute.",
  }),
  endpoint("GET", "/users", {
    summary: "Get users",
    description: "Accepts an optional filter parameter. Returns users.",
  }),
  endpoint("GET", "/installation", { description: "Enables an app to find the installation of a user." }),
  endpoint("GET", "/deleted", { summary: "Items that were deleted" }),
  endpoint("HEAD", "/files/{id}"),
])("counts $method $path ($summary $description) as a read", (one) => {
  expect(judge(one)).toEqual({ access: "read" });
});

it.each([
  ["POST", "/cards/search", { id: "searchCards" }],
  ["POST", "/addresses/validate", { summary: "Validate an address" }],
  ["POST", "/rates/calculate", {}],
  ["QUERY", "/cards", {}],
])("suggests %s %s as a read, and leaves it a write", (method, path, more) => {
  const { access, suggestion } = judge(endpoint(method, path, more));
  expect(access).toBe("write");
  expect(suggestion).toBeTruthy();
});

it.each([
  ["POST", "/searches", { summary: "Create a saved search" }],
  ["POST", "/cards", { id: "addCard" }],
  ["POST", "/domains/verify", { summary: "Starts verification and sends an e-mail" }],
  ["PUT", "/search", {}],
])("does not suggest %s %s", (method, path, more) => {
  expect(judge(endpoint(method, path, more)).suggestion).toBeUndefined();
});
