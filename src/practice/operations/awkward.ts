import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { ok, operation } from "../operation.ts";

/** Answers as real services give them on bad days. Every oddity is written down in its description. */
export const awkwardOperations = [
  operation({
    id: "failSoftly",
    method: "get",
    path: "/awkward/soft-failure",
    tag: "Awkward corner",
    summary: "Fails with status 200",
    description: "Always answers 200 with `ok: false` in the body, as some services do.",
    access: "read",
    answers: {
      200: {
        description: "A failure in disguise.",
        schema: z.object({ ok: z.literal(false), error: z.string() }),
        example: { ok: false, error: "board_is_asleep" },
      },
    },
    run: () => ok({ ok: false, error: "board_is_asleep" }),
  }),
  operation({
    id: "failWithHtml",
    method: "get",
    path: "/awkward/html-failure",
    tag: "Awkward corner",
    summary: "Fails with an HTML page",
    description: "Always answers 503 with a page for people, as a proxy in front of a service does.",
    access: "read",
    answers: { 503: { description: "A page.", type: "text/html", headers: { "Retry-After": "Seconds to wait." } } },
    run: () => ({
      status: 503,
      text: "<!doctype html><html lang=en><title>Back soon</title><h1>We are moving the furniture</h1><p>Please come back in a moment.</p></html>",
      headers: { "content-type": "text/html; charset=utf-8", "retry-after": "1" },
    }),
  }),
  operation({
    id: "failWithText",
    method: "get",
    path: "/awkward/text-failure",
    tag: "Awkward corner",
    summary: "Fails with plain text",
    description: "Always answers 500 with a line of text.",
    access: "read",
    answers: { 500: { description: "A line of text.", type: "text/plain" } },
    run: () => ({
      status: 500,
      text: "something fell off the board\n",
      headers: { "content-type": "text/plain; charset=utf-8" },
    }),
  }),
  operation({
    id: "answerSlowly",
    method: "get",
    path: "/awkward/slow",
    tag: "Awkward corner",
    summary: "Answers late",
    description: "Waits as long as you say, then answers.",
    access: "read",
    query: z.object({ seconds: z.coerce.number().min(0).max(60).default(2).describe("How long to wait.") }),
    answers: { 200: { description: "At last.", schema: z.object({ waited_seconds: z.number() }) } },
    async run({ query, request }) {
      // Who goes away meanwhile does not hear the answer.
      await wait(query.seconds * 1_000, undefined, { signal: request.signal, ref: false }).catch(() => undefined);
      return ok({ waited_seconds: query.seconds });
    },
  }),
  operation({
    id: "answerAtLength",
    method: "get",
    path: "/awkward/large",
    tag: "Awkward corner",
    summary: "Answers at length",
    description: "As many lines of text as you say, in one JSON answer. A line has about 100 bytes.",
    access: "read",
    query: z.object({ lines: z.coerce.number().int().min(1).max(100_000).default(1_000).describe("How many lines.") }),
    answers: {
      200: {
        description: "Many lines.",
        schema: z.object({ items: z.array(z.object({ number: z.int(), text: z.string() })) }),
      },
    },
    run: ({ query }) =>
      ok({
        items: Array.from({ length: query.lines }, (_, index) => ({
          number: index + 1,
          text: `Line ${index + 1} of the long answer, which says nothing in many words.`,
        })),
      }),
  }),
  operation({
    id: "answerEcho",
    method: "get",
    path: "/awkward/echo",
    tag: "Awkward corner",
    summary: "Repeats what you sent, secrets included",
    description:
      "Answers with the address and headers of your own request, as debugging endpoints do: your key or token is in the answer, and in the header `X-Echo-Authorization`.",
    access: "read",
    answers: {
      200: {
        description: "Your request.",
        schema: z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }),
        headers: { "X-Echo-Authorization": "The key or token you sent." },
      },
    },
    run({ request, url }) {
      const sent =
        request.headers.get("authorization") ??
        request.headers.get("x-board-key") ??
        url.searchParams.get("token") ??
        "";
      return ok({ url: url.href, headers: Object.fromEntries(request.headers) }, { "x-echo-authorization": sent });
    },
  }),
  operation({
    id: "answerElsewhere",
    method: "get",
    path: "/awkward/moved",
    tag: "Awkward corner",
    summary: "Redirects to who you are",
    description: "Answers 302 with the address of `getMe`.",
    access: "read",
    answers: { 302: { description: "Look there.", headers: { Location: "Address of `getMe`." } } },
    run: () => ({ status: 302, headers: { location: "/v1/me" } }),
  }),
];
