import { existsSync, readFileSync, statSync } from "node:fs";
import type { BuildStep } from "../../contract/chat.ts";
import type { Connection } from "../../contract/connection.ts";
import type { Api } from "../../contract/procedures.ts";
import type { Secret } from "../../contract/secret.ts";
import type { z } from "zod";
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
  const steps = await api.integrations.build({
    ...wishOf(what),
    ...(options.baseUrl ? { baseUrl: options.baseUrl } : {}),
    ...(options.name ? { name: options.name } : {}),
  });
  let made: Awaited<ReturnType<typeof steps.next>>;
  while (!(made = await steps.next()).done) drawStep(terminal, made.value);
  const { integration } = made.value;
  const ended = integration.connections.find((one) =>
    options.account === undefined ? asksAgain(one) : one.label === options.account || one.id === options.account,
  );
  if (options.account !== undefined && !ended) {
    const known = integration.connections.map((one) => `"${one.label}"`).join(", ") || "none";
    throw new CommandFailure(`There is no account "${options.account}". There is: ${known}.`, exitCodes.usage);
  }
  const card = ended
    ? await api.integrations.signInCard({ slug: integration.slug, connectionId: ended.id })
    : made.value.card;
  terminal.write(
    `${jack.known()} ${style.bold(printable(integration.name))} · ${integration.slug} · ${integration.reads} reads, ${integration.writes} writes\n`,
  );
  if (card.again) {
    const why = card.reason ? ` ${style.soft(printable(card.reason))}` : "";
    terminal.write(`${jack.asking()} Signing in again as ${style.bold(printable(card.again.label))}.${why}\n`);
  }
  const { label, proof } = await signIn(api, terminal, card, given);
  if (!proof.ok) {
    terminal.write(
      `${jack.connected()} Saved as ${printable(label)}, but the first read did not work: ${printable(proof.message)}\n`,
    );
    throw new CommandFailure(`Try again with: patchbay connect ${integration.slug}`, exitCodes.service);
  }
  const took = proof.ms ? ` (${proof.operation}, ${seconds(proof.ms)})` : "";
  terminal.write(`${jack.answering()} Connected as ${style.bold(printable(label))}${took}\n`);
  terminal.write(style.soft(`  Use it: patchbay run ${integration.slug} --help\n`));
  const { sharing, repository, offers } = await api.community.get();
  if (repository && sharing === "ask" && offers.some((one) => one.slug === integration.slug && one.status === "held"))
    terminal.write(
      `  It can be shared with everyone, as a public pull request to ${printable(repository.name)}: never your keys, data or names.\n  Say so once, for all tools: patchbay community share on | off\n`,
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
