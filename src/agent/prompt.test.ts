import { expect, it } from "vitest";
import { type ConnectedService, lineOf, servicesIn } from "../contract/connected-service.ts";
import { webSearch } from "../llm/web-search.ts";
import { searchNote, systemPrompt } from "./prompt.ts";
import { bashTool } from "./tools/bash.ts";
import { choicesTool } from "./tools/choices.ts";
import { connectTool } from "./tools/connect.ts";
import { chartTool } from "./tools/chart.ts";
import { docsTool } from "./tools/docs.ts";
import { reviewTool } from "./tools/review.ts";
import { readyToBuild } from "./tools/ready-to-build.ts";
import { writeTool } from "./tools/write-tool.ts";
import { readsTool, updateTool } from "./tools/update.ts";

/** English prose and JSON have between 3.5 and 4.5 letters a token; the lower one errs on the safe side. */
const tokens = (text: string) => Math.ceil(text.length / 3.5);

const now = new Date("2026-11-29T23:59:00Z");
const none = (): never => {
  throw new Error("only descriptions are read here");
};

it("costs less than 2,500 tokens before a word is said", () => {
  const tools = [
    bashTool({ shell: none, writeFile: none, section: none }),
    connectTool({
      build: none,
      updateTo: none,
      prove: none,
      connections: none,
      signInCard: none,
      askSignIn: none,
      connectWithSecrets: none,
      readFile: none,
      openBuild: none,
      asksSharing: none,
    }),
    choicesTool(),
    docsTool({ build: none, sections: none, readPage: none, add: none }),
    readyToBuild({ build: none, ask: none, redirectUri: none, existing: none }),
    writeTool({
      build: none,
      sections: none,
      keep: none,
      saved: none,
      draft: none,
      save: none,
      updateTo: none,
      instructions: none,
      signInCard: none,
    }),
    chartTool(),
    updateTool({ update: none, integration: none, mend: none, readFile: none }),
    readsTool({ integration: none }),
    reviewTool({ offered: none, revise: none, refusals: none, updateTo: none, readFile: none, writeFile: none }),
  ];
  const standing =
    systemPrompt([], now)
      .map(({ text }) => text)
      .join("\n") +
    searchNote() +
    JSON.stringify([...tools.map(({ spec }) => spec), webSearch(4)]);
  expect(tokens(standing)).toBeLessThan(2_500);
});

it("costs at most 40 tokens for each connected service, however it calls itself", () => {
  const service: ConnectedService = {
    slug: "google-calendar",
    name: "Google Calendar API, version three, for everyone",
    reads: 1_204,
    writes: 2_136,
    accounts: Array.from({ length: 9 }, (_, index) => ({
      label: `ann.number${index}@example.com`,
      state: "sign in again" as const,
    })),
  };
  expect(tokens(lineOf(service))).toBeLessThanOrEqual(40);
});

it("keeps the standing part apart from what changes, so that it stays in the cache", () => {
  const service: ConnectedService = {
    slug: "trello",
    name: "Trello",
    reads: 1,
    writes: 2,
    accounts: [{ label: "Ann", state: "connected" }],
  };
  const [standing, connected] = systemPrompt([service], now);
  expect(standing).toEqual({ ...systemPrompt([], now)[0], cache: true });
  expect(servicesIn(connected?.text ?? "")).toEqual([service]);
});
