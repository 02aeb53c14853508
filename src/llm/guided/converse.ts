import type { ConnectedService } from "../../contract/connected-service.ts";
import { jacks } from "../../contract/connection.ts";
import type { ToolResult } from "../model.ts";
import { type Answer, type Choice, choose, outcomeOf, run, say } from "./answer.ts";
import { afterChoosing, begin } from "./carry-out.ts";
import { namedIn } from "./fill.ts";
import type { Memory } from "./memory.ts";
import { firstJson, labelOf, quoted, readSearch } from "./operation.ts";
import { askedIn, isClear, rank, searchWishes } from "./rank.ts";
import { fenced } from "./show.ts";
import { cardOf, escaped, rowsIn, tableOf } from "./table.ts";
import type { Wish } from "./read-wish.ts";
import { normal } from "./words.ts";

type At<Step extends Memory["step"]> = Extract<Memory, { step: Step }>;

/** How to get a language model, said the same wherever rules reach their end. */
export const howToSetAModel =
  "I work by fixed rules, without a language model. For free conversation and services that have no API document, set `ANTHROPIC_API_KEY` where Patchbay is started, or enter a key on the settings page.";

export function greeting(services: ConnectedService[]): Answer {
  return choose(
    "What shall we do?",
    starters(services),
    { step: "idle" },
    services.length === 0 ? `Hello. ${introduction}` : `Hello. Connected: ${names(services)}.`,
  );
}

export function help(services: ConnectedService[]): Answer {
  const lines = [
    introduction,
    "",
    '- **Connect**: "connect me to practice", or give me the address of an OpenAPI document: "connect https://…/openapi.json". You can also paste a document.',
    '- **Look**: "show my boards", "search cards for tiles", then "more".',
    '- **Change**: "add a card Buy milk to Groceries". You see the exact request and say yes before anything is sent.',
    "- **Command line**: a line that begins with `$ ` runs as it is, e.g. `$ practice boards list | jq length`.",
    '- "cancel" leaves whatever I am asking about.',
    "",
    howToSetAModel,
  ];
  return choose("Where shall we start?", starters(services), { step: "idle" }, lines.join("\n"));
}

const introduction = "I connect you to services, and then do things in them for you.";

function starters(services: ConnectedService[]): Choice[] {
  if (services.length === 0)
    return [
      { label: "Connect the practice service", hint: "a small kanban board to try things on", say: "connect practice" },
    ];
  return services.slice(0, 4).map(({ slug, name }) => ({ label: `What can ${name} do?`, say: `what can ${slug} do` }));
}

const names = (services: ConnectedService[]) => services.map(({ name }) => escaped(name)).join(", ");

export function whatIsConnected(services: ConnectedService[]): Answer {
  if (services.length === 0) return nothingConnected();
  const rows = services.map(({ name, slug, reads, writes, accounts }) => {
    const who = accounts
      .map(({ label, state }) => (state === "connected" ? escaped(label) : `${escaped(label)} (${state})`))
      .join(", ");
    const mark = accounts.some(({ state }) => state === "connected") ? jacks.connected : jacks.asking;
    return `| ${mark} ${escaped(name)} | \`${slug}\` | ${who} | ${reads} | ${writes} |`;
  });
  return say(
    ["| Service | Command | Accounts | Reads | Writes |", "| --- | --- | --- | --- | --- |", ...rows].join("\n"),
  );
}

export function nothingConnected(text = "Nothing is connected yet."): Answer {
  return choose(
    "Connect something first:",
    starters([]),
    { step: "idle" },
    `${text} Tell me the name of a service, or the address of its OpenAPI document.`,
  );
}

export function disconnect(): Answer {
  return say(
    "Disconnecting is yours to do: on the connections page, or with `patchbay disconnect`. I cannot do it from here, so that no page or answer can talk me into it.",
  );
}

/** Hands a wish to the builder. */
export function connecting(wish: Extract<Wish, { kind: "connect" }>): Answer {
  const input = {
    ...(wish.url ? { url: wish.url } : wish.file ? { file: wish.file } : { wish: wish.wish }),
    ...(wish.another ? { another_account: true } : {}),
  };
  return {
    text: "",
    calls: [{ name: "connect", input }],
    memory: { step: "connecting", ...(wish.after ? { after: wish.after } : {}) },
  };
}

export function afterConnecting({ after }: At<"connecting">, result: ToolResult, services: ConnectedService[]): Answer {
  const { content } = result;
  const slug = /^(?:connected|already connected): ([a-z0-9-]+)/.exec(content)?.[1];
  if (slug && after)
    return search(
      after,
      services.filter((one) => one.slug === slug),
      slug,
    );
  if (content.startsWith("connected:") && slug) return connected(slug, content);
  if (slug) {
    const { name = slug } = services.find((one) => one.slug === slug) ?? {};
    const choices = [
      { label: `What can ${name} do?`, say: `what can ${slug} do` },
      { label: "Add another account", say: `connect another ${slug} account` },
    ];
    return choose("And now?", choices, { step: "idle" }, `${escaped(name)} is connected already.`);
  }
  if (content.startsWith("pages only"))
    return say(
      `I found pages for people there, but no description that a program can read. Give me the address of an OpenAPI document if the service has one.\n\n${howToSetAModel}`,
    );
  const problem = firstJson(content);
  const { message, code } =
    typeof problem === "object" && problem !== null ? (problem as { message?: string; code?: string }) : {};
  const words = message ?? outcomeOf(result).plain;
  if (code === "nothing_found")
    return say(`${escaped(words)}\n\nI know what is in the catalogue, and any service that has an OpenAPI document.`);
  if (code === "base_url_missing")
    return say(`${escaped(words)} Say: connect <address of the document> with base URL https://…`);
  return say(`That did not work: ${escaped(words)}`);
}

/** Says that a service is ready, and offers what is likely wanted first. */
export function connected(slug: string, note: string): Answer {
  const first = /reading `[a-z0-9-]+ ([^`]+)`/.exec(note)?.[1];
  const choices = [
    ...(first ? [{ label: `Show: ${first}`, say: `${slug} ${first}` }] : []),
    { label: "What can it do?", say: `what can ${slug} do` },
  ];
  return choose(
    "What would you like to see?",
    choices,
    { step: "idle" },
    `${jacks.connected} \`${slug}\` is connected${first ? `: I could read \`${first}\`` : ""}.`,
  );
}

/** Looks for an operation in the services a sentence may mean. */
export function search(sentence: string, services: ConnectedService[], slug?: string): Answer {
  const plain = ` ${normal(sentence)} `;
  const said = services.filter(
    (one) => plain.includes(` ${normal(one.slug)} `) || plain.includes(` ${normal(one.name)} `),
  );
  const asked = slug === undefined ? (said.length > 0 ? said : services).map((one) => one.slug) : [slug];
  if (asked.length === 0) return nothingConnected("Nothing is connected yet, so there is nowhere I could do that.");
  const own = new Set(said.flatMap((one) => [normal(one.slug), ...normal(one.name).split(" ")]));
  const wishes = searchWishes(sentence)
    .map((wish) =>
      wish
        .split(" ")
        .filter((word) => !own.has(word))
        .join(" "),
    )
    .filter((wish) => wish !== "");
  const slugs = asked.slice(0, 5);
  return run(
    slugs.map((one) => wishes.map((wish) => `${one} search ${quoted(wish)}`).join("; ")),
    { step: "searching", sentence, slugs, again: false },
  );
}

export function afterSearching(
  { sentence, slugs }: At<"searching">,
  results: ToolResult[],
  services: ConnectedService[],
): Answer {
  const found = results.flatMap((result, index) => readSearch(slugs[index] ?? "", outcomeOf(result).output));
  const ranked = rank(found, askedIn(sentence)).filter(({ fit }) => fit > 0);
  const [first] = ranked;
  const where = slugs.map((slug) => `\`${slug}\``).join(", ");
  if (!first) {
    const choices = services
      .filter(({ slug }) => slugs.includes(slug))
      .slice(0, 3)
      .map(({ slug, name }) => ({ label: `What can ${name} do?`, say: `what can ${slug} do` }));
    const text = `I found nothing in ${where} that fits "${escaped(sentence.slice(0, 100))}". Name the thing and what to do with it, e.g. "show my boards".\n\n${howToSetAModel}`;
    return choices.length > 0 ? choose("Or look around:", choices, { step: "idle" }, text) : say(text);
  }
  if (isClear(ranked))
    return begin(
      first.candidate.slug,
      first.candidate.name,
      sentence,
      accountIn(sentence, services, first.candidate.slug),
    );
  const candidates = ranked.slice(0, 5).map(({ candidate }) => candidate);
  const several = new Set(candidates.map(({ slug }) => slug)).size > 1;
  return choose(
    "Which of these do you mean?",
    [
      ...candidates.map(({ slug, name, access, summary }) => ({
        label: labelOf({ name, summary }),
        hint: `${several ? `${slug} ` : ""}${name}${access === "write" ? ", asks before it sends" : ""}`,
        say: `${slug} ${name}`,
      })),
      { label: "None of these", say: "cancel" },
    ],
    { step: "choosing", sentence, candidates },
  );
}

/** An account that is named in the sentence; without one the first is used. */
export function accountIn(sentence: string, services: ConnectedService[], slug: string): string | undefined {
  const accounts = services.find((one) => one.slug === slug)?.accounts ?? [];
  return accounts.length < 2 ? undefined : namedIn(sentence, accounts)?.label;
}

export function chosenOperation(
  memory: At<"choosing">,
  words: string,
  services: ConnectedService[],
): Answer | undefined {
  const [slug = ""] = memory.candidates.map((one) => one.slug);
  return afterChoosing(memory, words, accountIn(memory.sentence, services, slug));
}

/** A command the person typed: rows as a table, anything else as it came. */
export function afterCommand(result: ToolResult): Answer {
  const outcome = outcomeOf(result);
  const answer = outcome.exitCode === 0 && !outcome.file ? firstJson(outcome.output) : undefined;
  const isWhole = answer !== undefined && JSON.stringify(answer).length > outcome.output.trim().length * 0.6;
  const { rows, whole } = rowsIn(isWhole ? answer : undefined);
  if (rows.length > 0 && rows.every((row) => !("value" in row)))
    return say(
      whole && rows[0] ? cardOf(rows[0]) : `${tableOf(rows)}${rows.length > 20 ? `\n\n${rows.length} in all.` : ""}`,
    );
  return say(
    outcome.output === ""
      ? outcome.plain
      : `${outcome.exitCode === 0 ? "" : `${outcome.plain.split("\n")[0]}\n\n`}${fenced(outcome.output.trim().slice(0, 6_000))}`,
  );
}
