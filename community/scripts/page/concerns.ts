import type { Config } from "./config.ts";
import type { Differences } from "./differences.ts";
import { code, count, names, quoted } from "./markdown.ts";
import type { Operation } from "./operations.ts";
import type { Where } from "./where.ts";

/** Something a person has to judge (`decide`), or should merely know; `short` is for the verdict in one line. */
export type Concern = { decide: boolean; short: string; text: string };

type Change = {
  config: Config;
  old: Config | undefined;
  operations: Operation[];
  where: Where;
  whereBefore: Where | undefined;
  differences: Differences | undefined;
  /** The instructions as they would be and as they are, where there are some. */
  instructions: { now: string; was: string } | undefined;
};

/** Lines of the instructions that are new, while they are few enough to be read at once. */
function newLines(texts: { now: string; was: string } | undefined): string[] {
  if (!texts) return [];
  const before = new Set(texts.was.split("\n"));
  const fresh = texts.now.split("\n").filter((line) => line.trim() !== "" && !before.has(line));
  return fresh.length <= 5 ? fresh.map((line) => quoted(line.trim())) : [];
}

/** What is unusual about this change, worst first. What was there before and stays is no part of it. */
export function concernsOf(change: Change): Concern[] {
  const { config, old, operations, where, whereBefore, differences } = change;
  const said = newLines(change.instructions);
  const touched = differences ? [...differences.added, ...differences.changed.map(({ now }) => now)] : operations;
  const yes = config.permissions.confirmedReads;
  const softened = (differences?.changed ?? []).filter(
    ({ now, was }) => countsAsRead(now, config) && !countsAsRead(was, old ?? config),
  );
  const isSoftened = (one: Operation) => softened.some(({ now }) => now.name === one.name);
  const posts = touched.filter((one) => countsAsRead(one, config) && !readsByMethod(one) && !isSoftened(one));
  const plain = touched.filter((one) => countsAsRead(one, config) && readsByMethod(one) && !isSoftened(one));
  const worded = plain.filter((one) => changingWord(one)?.isTold);
  const explained = plain.filter((one) => one.reason !== undefined && !changingWord(one)?.isTold);
  const mentioning = plain.filter((one) => one.reason === undefined && changingWord(one)?.isTold === false);
  const claim = (one: Operation) => {
    const reason = yes[one.name] ?? one.reason;
    return reason === undefined
      ? "No reason is given."
      : `The submitter's reason, an unverified claim: ${quoted(reason)}`;
  };
  const word = (one: Operation) => {
    const found = changingWord(one);
    return found === undefined ? "" : ` (“${found.word}” is a word for changing something)`;
  };
  const { borrowed, apart } = where;
  const isBorrowed = borrowed && String(borrowed.strange) !== String(whereBefore?.borrowed?.strange);
  const newHosts = old ? config.hosts.filter((host) => !old.hosts.includes(host)) : [];
  const newDomains = [...where.api, ...where.signIn].filter(
    (domain) => ![...(whereBefore?.api ?? []), ...(whereBefore?.signIn ?? [])].includes(domain),
  );
  const rights = old && scopesOf(old);
  const moreRights = rights ? scopesOf(config).filter((scope) => !rights.includes(scope)) : [];
  const signInChanged =
    (old && withoutScopes(old) !== withoutScopes(config)) ||
    differences?.table.some((field) => /^(?:auth|security|headers)$/.test(field));
  const texts = [
    ...(differences?.instructions ? ["`instructions.md`"] : []),
    ...(differences?.config ?? [])
      .filter((field) => !/^(?:auth|hosts|baseUrl)$/.test(field))
      .map((field) => code(field)),
    ...(differences?.table ?? [])
      .filter((field) => !/^(?:auth|security|headers|baseUrl)$/.test(field))
      .map((field) => `${code(field)} in \`cli.ts\``),
  ];
  const rerouted = (differences?.changed ?? []).filter(
    ({ now, was }) =>
      !isSoftened(now) &&
      (String(now.requests) !== String(was.requests) || now.fields["server"] !== was.fields["server"]),
  );
  const coded = touched.filter(({ coded }) => coded);
  const asked = touched.filter((one) => !countsAsRead(one, config));
  const mild = asked.filter((one) => isDestructive(one) && !saysSo(one));
  const leading = asked.filter((one) => leadsOut(one) !== undefined);
  const decide = (is: unknown, short: string, text: string): Concern[] => (is ? [{ decide: true, short, text }] : []);

  return [
    ...decide(
      isBorrowed,
      `goes by a name known at ${code(borrowed?.from ?? "")}, but is at ${list(borrowed?.strange ?? [])}`,
      `**A known name at another domain.** By its name or domain ${code(config.name)} is known at ${code(borrowed?.from ?? "")}; this is not it. It reaches ${config.hosts.map(code).join(", ")}${where.signIn.length > 0 ? `, with sign-in pages at ${list(where.signIn)}` : ""}: keys and tokens would go there. Do not merge, unless ${code(borrowed?.from ?? "")} itself names it.`,
    ),
    ...decide(
      !old && borrowed === undefined && apart.length > 0,
      `${list(apart)} is not at the API's domain`,
      `**Domains apart**: the API is at ${code(config.baseUrl)}, but a further host, sign-in or documentation at ${list(apart)}. Is it one owner?`,
    ),
    ...decide(
      !old && borrowed === undefined && !where.isListed,
      `nobody has said yet that ${list(where.api)} belongs to ${code(config.name)}`,
      `**A domain new to this repository**: ${list(where.api)} is not in \`scripts/known-hosts.json\`. Every key and token would go there. Find ${code(config.name)}'s own pages yourself, not by a link from here, and see whether they name it. If unsure, do not merge; who is sure adds the domain to the list, in a change of its own, before this.`,
    ),
    ...softened.flatMap(({ now }) =>
      decide(
        true,
        `${code(now.name)} was a write and would be a read`,
        `**A write turned into a read**: ${code(now.name)}. ${consequence(now, config)}${word(now)}. ${claim(now)}`,
      ),
    ),
    ...decide(
      old && (newHosts.length > 0 || newDomains.length > 0),
      `would reach ${list([...newHosts, ...newDomains])}, which it did not before`,
      `**New hosts**: ${list([...newHosts, ...newDomains])}.`,
    ),
    ...posts.flatMap((one) =>
      decide(
        true,
        `${code(one.name)} calls itself a read but sends ${code(one.requests.join(", "))}`,
        `**A read that is not a GET**: ${code(one.name)}. ${consequence(one, config)}${word(one)}. ${claim(one)}`,
      ),
    ),
    ...worded.flatMap((one) =>
      decide(
        true,
        `${code(one.name)} calls itself a read but speaks of “${changingWord(one)?.word ?? ""}”`,
        `**A read that sounds like a write**: ${code(one.name)}. ${consequence(one, config)}${word(one)}.${one.reason === undefined ? "" : ` ${claim(one)}`}`,
      ),
    ),
    ...explained.flatMap((one) =>
      decide(
        true,
        `${code(one.name)} says why it only reads`,
        `**A read with an excuse**: ${code(one.name)}. ${consequence(one, config)}${word(one)}. What only reads needs no reason. ${claim(one)}`,
      ),
    ),
    ...mild.flatMap((one) =>
      decide(
        true,
        `${code(one.name)} deletes, pays or takes away, and does not say so`,
        `**A mild name**: ${code(one.name)} sends ${one.requests.map(code).join(", ")}, which deletes, pays or takes away. Whoever is asked for a yes reads ${quoted(one.summary)} above the request.`,
      ),
    ),
    ...leading.flatMap((one) => [
      {
        decide: old !== undefined,
        short: `${code(one.name)} can lead data elsewhere`,
        text: `**A way out**: ${code(one.name)}, ${one.requests.map(code).join(", ")}, may send what the account holds to where its caller says (“${leadsOut(one) ?? ""}”).`,
      },
    ]),
    ...decide(
      moreRights.length > 0,
      `it asks for more rights: ${list(moreRights)}`,
      `**More rights**: whoever signs in would also be asked for ${list(moreRights)}. Do the new operations need ${moreRights.length === 1 ? "it" : "each"}, and no less?`,
    ),
    ...decide(
      signInChanged,
      "the sign-in changes",
      "**The sign-in changes**: see the difference below. People would be asked for keys, or sent somewhere, in another way.",
    ),
    ...decide(
      old && old.baseUrl !== config.baseUrl,
      `the base address changes to ${code(config.baseUrl)}`,
      `**Another base address**: ${code(old?.baseUrl ?? "")} → ${code(config.baseUrl)}.`,
    ),
    ...rerouted.flatMap(({ now, was }) =>
      decide(
        true,
        `${code(now.name)} sends another request`,
        `**Sends another request than before**: ${code(now.name)}, ${code(was.requests.join(", "))} → ${code(now.requests.join(", "))}.`,
      ),
    ),
    ...decide(
      differences && differences.gone.length > 0,
      `takes ${count(differences?.gone.length ?? 0, "operation")} away`,
      `**Taken away**: ${names(differences?.gone ?? [])}. Workflows that use ${differences?.gone.length === 1 ? "it" : "them"} would stop.`,
    ),
    ...decide(
      coded.length > 0,
      `${count(coded.length, "operation")} with code of ${coded.length === 1 ? "its" : "their"} own`,
      `**Code of its own**: ${names(coded)}. Read \`run\` in \`cli.ts\`.`,
    ),
    ...decide(
      texts.length > 0,
      `texts change: ${texts.join(", ")}`,
      `**Changed texts**: ${texts.join(", ")}. The agent reads them and nobody has checked what they claim${said.length > 0 ? `: ${said.join(", ")}` : ": see the difference below"}.`,
    ),
    ...mentioning.map((one) => ({
      decide: false,
      short: "",
      text: `${code(one.name)} is a read; its summary holds “${changingWord(one)?.word ?? ""}”. ${consequence(one, config)}.`,
    })),
  ];
}

/** Listed as a read: by the tool itself, or by a maintainer's yes in `config.json`. */
export function countsAsRead(one: Operation, config: Config): boolean {
  return one.access === "read" || config.permissions.confirmedReads[one.name] !== undefined;
}

/** GET, HEAD, or a GraphQL query: read by what is sent, whoever says so. */
export function readsByMethod(one: Operation): boolean {
  return one.graphql ? one.graphql.type === "query" : one.requests.every((request) => /^(?:GET|HEAD) /.test(request));
}

function scopesOf({ auth }: Config): string[] {
  return auth.flatMap(({ scopes }) => (Array.isArray(scopes) ? scopes.map(String) : []));
}

function withoutScopes({ auth }: Config): string {
  return JSON.stringify(auth.map(({ scopes: _scopes, availableScopes: _more, ...method }) => method));
}

function consequence(one: Operation, config: Config): string {
  const inputs = Object.keys(JSON.parse(one.fields["input"] ?? "{}") as object);
  const given = inputs.length > 0 ? ` with ${list(inputs)}` : "";
  const what = `${one.requests.map(code).join(", ")}${given} ${quoted(one.summary)}`;
  const runs = readsByMethod(one) || config.permissions.confirmedReads[one.name] !== undefined;
  return runs
    ? `Would run without asking: ${what}`
    : `Would stand among the reads: ${what}; asked for each time until \`confirmedReads\` names it, then it would run without asking`;
}

/** By what it sends too: a mild name does not make it mild. */
function isDestructive(one: Operation): boolean {
  return (
    one.requests.some((request) => request.startsWith("DELETE ")) || toldWords(one).some((word) => destroying.has(word))
  );
}

function saysSo({ name, summary }: Operation): boolean {
  return words(`${name} ${summary}`).some((word) => destroying.has(word) || takingAway.has(word));
}

/** The word by which a write may have data go to an address of its caller's choice. */
function leadsOut(one: Operation): string | undefined {
  return toldWords(one).find((word) => /^(?:forward(?:s|ing)?|redirects?|webhooks?|exports?|hooks?)$/.test(word));
}

const words = (text: string) =>
  text
    .replace(/\{[^}]*\}/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/merge[ _-]requests?/g, " ") // the thing of that name
    .split(/[^a-z]+/);

/** The words of name, path and GraphQL field. */
function toldWords({ name, requests, graphql }: Operation): string[] {
  const paths = requests.map((request) => request.replace(/^\S+ (?:https:\/\/[^/]+)?/, "").split(/[ ?]/)[0] ?? "");
  return [name, ...paths, graphql?.field ?? ""].flatMap(words);
}

/** A word for changing something; told by name, path or the head of the summary, or merely standing in the summary. */
function changingWord(one: Operation): { word: string; isTold: boolean } | undefined {
  const [head = "", ...rest] = words(one.summary);
  const told = [...toldWords(one), head].find((word) => changing.has(word));
  if (told !== undefined) return { word: told, isTold: true };
  const said = rest.find((word) => changing.has(word));
  return said === undefined ? undefined : { word: said, isTold: false };
}

/** Words that say of a DELETE what it takes away. */
const takingAway = new Set(
  "take takes cancel clear leave unassign kick archive revoke end close uninstall unlink".split(" "),
);
const destroying = new Set("delete remove purge destroy drop empty erase trash transfer pay refund wipe".split(" "));
const changing = new Set(
  "accept activate add approve archive assign ban buy cancel charge clear close complete convert create deactivate delete deliver destroy disable dismiss dispatch edit enable erase execute finish insert invite kick leave mark merge move mute notify pay pin publish purge put refund reject remove rename reopen regenerate replace reset resolve restore resume revoke rotate save send set settle stop submit subscribe suspend sweep terminate tidy transfer trash trigger unarchive undo unlock unpublish update upload wipe withdraw write".split(
    " ",
  ),
);

const list = (some: string[]) => [...new Set(some)].map(code).join(", ");
