import { Person } from "../nouns.ts";
import { ok, operation } from "../operation.ts";

export const peopleOperations = [
  operation({
    id: "getMe",
    method: "get",
    path: "/me",
    tag: "People",
    summary: "Who you are signed in as",
    description: "The cheapest way to see whether a key or token works.",
    access: "read",
    answers: { 200: { description: "You.", schema: Person } },
    run: ({ person }) => ok(person),
  }),
];
