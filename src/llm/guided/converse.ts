import type { ConnectedService } from "../../contract/connected-service.ts";
import { jacks } from "../../contract/connection.ts";
import type { ToolResult } from "../model.ts";
import { type Answer, type Choice, choose, outcomeOf, run, say } from "./answer.ts";
import { afterChoosing, begin } from "./carry-out.ts";
import { firstLooks, firstLooksCommand } from "./abilities.ts";
import type { Memory } from "./memory.ts";
import { firstJson, labelOf, quoted, readSearch } from "./operation.ts";
import { pickFrom } from "./pick.ts";
import { type Place, servicesNamedIn, whereOf } from "./place.ts";
import { askedIn, isClear, rank, searchWishes } from "./rank.ts";
import { fenced, refusal } from "./show.ts";
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

export function afterConnecting(
  { after }: At<"connecting">,
  result: ToolResult,
  services: ConnectedService[],
  place: Place,
): Answer {
  const { content } = result;
  const slug = /^(?:connected|already connected): ([a-z0-9-]+)/.exec(content)?.[1];
  if (slug && after) return search(after, services, place, slug);
  if (content.startsWith("connected:") && slug) return connected(slug, content, services, place);
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

/** Has a newer version of a service's tool looked for; what it changes is asked about on a card. */
export function lookForUpdate(slug: string, url?: string): Answer {
  const input = { slug, ...(url ? { url } : {}) };
  return { text: "", calls: [{ name: "update", input }], memory: { step: "asking_person" } };
}

export function askAboutReads(slug: string): Answer {
  return { text: "", calls: [{ name: "reads", input: { slug } }], memory: { step: "asking_person" } };
}

/** There was nothing to ask, or it did not work: a card that was shown ends the turn by itself. */
export function afterAskingPerson(result: ToolResult): Answer {
  const problem = firstJson(result.content);
  const message = typeof problem === "object" && problem !== null && "message" in problem ? problem.message : undefined;
  return say(escaped(typeof message === "string" ? message : outcomeOf(result).plain));
}

/** Says that a service is ready, once it is known what is likely wanted first. */
export function connected(slug: string, note: string, services: ConnectedService[], place: Place): Answer {
  const { name = slug } = services.find((one) => one.slug === slug) ?? {};
  const account = place.accounts[slug];
  const read = /\bby reading `/.test(note) ? "; a first read worked" : "";
  const text = `${jacks.connected} ${escaped(name)} is connected${account ? ` as ${escaped(account)}` : ""}${read}.`;
  return run([firstLooksCommand(slug)], { step: "welcoming", slug, text });
}

export function afterWelcoming({ slug, text }: At<"welcoming">, result: ToolResult): Answer {
  const choices = [...firstLooks(slug, result), { label: "What can it do?", say: `what can ${slug} do` }];
  return choose("What would you like to see?", choices, { step: "idle" }, text);
}

/** Looks for an operation in the services a sentence may mean: the one it names, else all, the one spoken of last first. */
export function search(sentence: string, services: ConnectedService[], place: Place, slug?: string): Answer {
  const said = servicesNamedIn(sentence, services);
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
  const slugs = asked.toSorted((one, other) => Number(other === place.slug) - Number(one === place.slug)).slice(0, 5);
  return run(
    slugs.map((one) => wishes.map((wish) => `${one} search ${quoted(wish)}`).join("; ")),
    { step: "searching", sentence, slugs, again: false },
  );
}

export function afterSearching(
  { sentence, slugs }: At<"searching">,
  results: ToolResult[],
  services: ConnectedService[],
  place: Place,
): Answer {
  const found = results.flatMap((result, index) => readSearch(slugs[index] ?? "", outcomeOf(result).output));
  const everywhere = rank(found, askedIn(sentence)).filter(({ fit }) => fit > 0);
  const good = withGoodHit(everywhere);
  const here = good.length === 1 ? good[0] : good.find((slug) => slug === place.slug);
  if (here === undefined && good.length > 1) return whichService(sentence, services, good);
  const ranked = here === undefined ? everywhere : everywhere.filter(({ candidate }) => candidate.slug === here);
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
      whereOf(sentence, services, place, first.candidate.slug),
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

/** Services whose best operation fits well, and not much worse than the best of all. */
function withGoodHit(ranked: ReturnType<typeof rank>): string[] {
  const least = Math.max(1.5, (ranked[0]?.fit ?? 0) - 2.5);
  return [...new Set(ranked.filter(({ fit }) => fit >= least).map(({ candidate }) => candidate.slug))];
}

function whichService(sentence: string, services: ConnectedService[], slugs: string[]): Answer {
  const options = slugs.map((slug) => {
    const { name = slug } = services.find((one) => one.slug === slug) ?? {};
    const isAlone = services.filter((one) => one.name === name).length < 2;
    return { label: isAlone ? name : `${name} (${slug})`, value: slug };
  });
  return choose(
    "In which service?",
    options.map(({ label }) => ({ label })),
    { step: "choosing_service", sentence, options },
  );
}

export function chosenService(
  { sentence, options }: At<"choosing_service">,
  words: string,
  services: ConnectedService[],
  place: Place,
): Answer | undefined {
  const slug = options.find(({ value }) => value === words.trim())?.value ?? pickFrom(options, words)?.value;
  return slug === undefined ? undefined : search(sentence, services, place, String(slug));
}

export function chosenOperation(
  memory: At<"choosing">,
  words: string,
  services: ConnectedService[],
  place: Place,
): Answer | undefined {
  return afterChoosing(memory, words, (slug) => whereOf(memory.sentence, services, place, slug));
}

/** Asked what "it" can do where there are several. */
export function abilityOfWhich(services: ConnectedService[]): Answer {
  return choose("Of which service?", starters(services), { step: "idle" });
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
  const table = outcome.exitCode === 0 && !outcome.file ? csvTable(outcome.output) : undefined;
  if (table) return say(table);
  const refused = refusal(outcome);
  if (refused !== undefined) return say(refused);
  return say(
    outcome.output === ""
      ? outcome.plain
      : `${outcome.exitCode === 0 ? "" : `${outcome.plain.split("\n")[0]}\n\n`}${fenced(outcome.output.trim().slice(0, 6_000))}`,
  );
}

/** Lines of CSV with a head, as a table; undefined when they are something else. */
function csvTable(output: string): string | undefined {
  const lines = output.trim().split("\n");
  const separator = [",", ";", "\t"].find((one) => (lines[0] ?? "").split(one).length > 1);
  if (!separator || lines.length < 2 || output.includes('"')) return undefined;
  const [head = [], ...rows] = lines.map((line) => line.replace(/\r$/, "").split(separator));
  if (rows.some((row) => row.length !== head.length)) return undefined;
  const names = head.map((name, column) => name.trim() || `${column + 1}`);
  return tableOf(
    rows.map((row) => Object.fromEntries(names.map((name, column) => [name, row[column] ?? ""]))),
    20,
    names,
  );
}
