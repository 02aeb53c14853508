import { getCommandNames } from "just-bash";
import { expect, it } from "vitest";
import { Slug } from "./integration.ts";

it("lets no integration take the name of a command of the sandbox's shell", () => {
  expect(getCommandNames().filter((name) => Slug.safeParse(name).success)).toEqual([]);
});

it.each(["trello", "google-calendar", "open-meteo"])("lets %s be a name", (slug) => {
  expect(Slug.safeParse(slug).success).toBe(true);
});

it.each(["if", "eval", "curl", "patchbay", "Trello", "-x", "a b", "tr"])("refuses %s", (slug) => {
  expect(Slug.safeParse(slug).success).toBe(false);
});
