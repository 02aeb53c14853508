import { existsSync, readFileSync, statSync } from "node:fs";
import { accountNames, accountsNamed } from "../../contract/account-name.ts";
import type { BuildStep } from "../../contract/chat.ts";
import type { Connection } from "../../contract/connection.ts";
import type { Api } from "../../contract/procedures.ts";
import type { IntegrationSummary } from "../../contract/procedures/shapes.ts";
import type { Secret } from "../../contract/secret.ts";
import type { z } from "zod";
import { asStarted } from "./as-started.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { signIn, type GivenSignIn } from "./sign-in.ts";
import { jack, printable, seconds, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export type ConnectOptions = {
  secretFrom: string[];
  set: string[];
  method?: string;
  label?: string;
  account?: string;
  baseUrl?: string;
  name?: string;
};

/** `patchbay connect`: builds the integration if need be, signs in, and lets the server make the first read. */
export async function connect(
  needs: { api: Api; terminal: Terminal; secret: (name: string) => Secret | undefined },
  what: string,
  options: ConnectOptions,
): Promise<void> {
  const { api, terminal } = needs;
  const given: GivenSignIn = {
    secrets: readSecrets(options.secretFrom, needs.secret),
    variables: Object.fromEntries(options.set.map((pair) => split(pair, "--set"))),
    ...(options.method ? { methodId: options.method } : {}),
    ...(options.label ? { label: options.label } : {}),
  };
  const integration = (await madeHere(api, what, options)) ?? (await build(api, terminal, what, options));
  const before = accountMeant(integration.connections, options);
  const card = await api.integrations.signInCard({
    slug: integration.slug,
    ...(before ? { connectionId: before.id } : {}),
  });
  terminal.write(
    `${jack.known()} ${style.bold(printable(integration.name))} · ${integration.slug} · ${integration.reads} reads, ${integration.writes} writes\n`,
  );
  if (card.again) {
    const why = card.reason ? ` ${style.soft(printable(card.reason))}` : "";
    const doing = before?.status === "pending" ? "Going on with" : "Signing in again as";
    terminal.write(`${jack.asking()} ${doing} ${style.bold(printable(card.again.label))}.${why}\n`);
  }
  const { label, proof } = await signIn(api, terminal, card, given);
  if (!proof.ok) {
    terminal.write(
      `${jack.connected()} Saved as ${printable(label)}, but the first read did not work: ${printable(proof.message)}\n`,
    );
    const isAlone = integration.connections.every((one) => one.id === before?.id);
    const which = `${integration.slug}${isAlone ? "" : ` --account ${JSON.stringify(label)}`}`;
    throw new CommandFailure(
      `Try it again with: patchbay accounts test ${which}\nEnter another sign-in with: patchbay connect ${which}`,
      exitCodes.service,
    );
  }
  const took = proof.ms ? ` (${proof.operation}, ${seconds(proof.ms)})` : "";
  terminal.write(`${jack.answering()} Connected as ${style.bold(printable(label))}${took}\n`);
  terminal.write(style.soft(asStarted(`  Use it: patchbay run ${integration.slug} --help\n`)));
  const { sharing, repository, offers } = await api.community.get();
  if (repository && sharing === "ask" && offers.some((one) => one.slug === integration.slug && one.status === "held"))
    terminal.write(
      `  It can be shared with everyone, as a public pull request to ${printable(repository.name)}: never your keys, data or names.\n  Say so once, for all tools: ${asStarted("patchbay community share on | off")}\n`,
    );
}

type Here = Pick<IntegrationSummary, "slug" | "name" | "reads" | "writes" | "connections">;

/** One that was made here goes by its slug, and no catalogue knows it. */
async function madeHere(api: Api, what: string, o: ConnectOptions): Promise<Here | undefined> {
  if (o.baseUrl !== undefined || o.name !== undefined) return undefined;
  return (await api.integrations.list()).find((one) => one.slug === what && one.origin === "private");
}

async function build(api: Api, terminal: Terminal, what: string, o: ConnectOptions): Promise<Here> {
  const steps = await api.integrations.build({
    ...wishOf(what),
    ...(o.baseUrl ? { baseUrl: o.baseUrl } : {}),
    ...(o.name ? { name: o.name } : {}),
  });
  let made: Awaited<ReturnType<typeof steps.next>>;
  while (!(made = await steps.next()).done) drawStep(terminal, made.value);
  return made.value.integration;
}

/** The account that was named; else one that asks to be signed in again, or that waits for its first read to work. */
function accountMeant(all: Connection[], { account, label }: ConnectOptions): Connection | undefined {
  if (account === undefined) {
    const waiting = all.filter((one) => one.status === "pending" && one.provenAt === null);
    return all.find(asksAgain) ?? waiting.find((one) => label === undefined || one.label === label);
  }
  const [found, ...others] = accountsNamed(all, account);
  if (found && others.length === 0) return found;
  const known = accountNames(found ? [found, ...others] : all).join(", ") || "none";
  throw new CommandFailure(
    found
      ? `Several accounts are called "${account}". Give --account with an id: ${known}.`
      : `There is no account "${account}". There is: ${known}.`,
    exitCodes.usage,
  );
}

/** Whose sign-in has ended, or lacks what a request needed. */
const asksAgain = (one: Connection) => one.status === "sign_in_again" || one.metadata["scope_gap"] !== undefined;

type Step = z.infer<typeof BuildStep>;

/** A build step as one line; running ones are only told when the terminal can overwrite them, so they are left out. */
export function drawStep(terminal: Pick<Terminal, "write">, step: Step): void {
  if (step.state === "running") return;
  const mark = step.state === "failed" ? style.alarm("✗") : "·";
  const detail = step.detail ? style.soft(` ${printable(step.detail.split("\n")[0] ?? "")}`) : "";
  const time = step.ms === undefined ? "" : style.soft(` ${seconds(step.ms)}`);
  terminal.write(`  ${mark} ${printable(step.step)}${detail}${time}\n`);
}

/** A name, an address, or a file on this machine. */
function wishOf(what: string): { wish: string } | { url: string } | { document: string } {
  if (/^https?:\/\//i.test(what)) return { url: what };
  if (existsSync(what) && statSync(what).isFile()) return { document: readFileSync(what, "utf8") };
  if (/[\\/]|\.(json|ya?ml)$/i.test(what) && !/\s/.test(what)) {
    throw new CommandFailure(
      `There is no file ${what}. Give a file, an http(s) address, or the name of a service.`,
      exitCodes.usage,
    );
  }
  return { wish: what };
}

function readSecrets(pairs: string[], secret: (name: string) => Secret | undefined): Map<string, Secret> {
  return new Map(
    pairs.map((pair) => {
      const [field, name] = pair.includes("=") ? split(pair, "--secret-from") : ["", pair];
      const found = secret(name);
      if (!found) throw new CommandFailure(`The environment variable ${name} is not set.`, exitCodes.usage);
      return [field, found];
    }),
  );
}

function split(pair: string, option: string): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new CommandFailure(`${option} wants name=value, not "${pair}".`, exitCodes.usage);
  return [pair.slice(0, at), pair.slice(at + 1)];
}
