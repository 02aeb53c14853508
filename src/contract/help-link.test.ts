import { expect, it } from "vitest";
import { helpLink } from "./help-link.ts";

it.each([
  ["https://example.com/keys", {}, "https://example.com/keys"],
  ["https://{subdomain}.example.com/keys", { subdomain: "acme" }, "https://acme.example.com/keys"],
  ["https://{subdomain}.example.com/keys", {}, undefined],
  ["https://{host}/admin", { host: "https://shop.example.com/" }, "https://shop.example.com/admin"],
  ["https://example.com/{org}/keys", { org: "a b?c" }, "https://example.com/a%20b%3Fc/keys"],
  ["{host}", { host: "javascript:alert(1)" }, undefined],
])("%s with %j leads to %s", (template, typed, expected) => {
  expect(helpLink(template, typed)).toBe(expected);
});
