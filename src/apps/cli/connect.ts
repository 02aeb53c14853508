import { existsSync, readFileSync, statSync } from "node:fs";
import type { BuildStep } from "../../contract/chat.ts";
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
  const { integration, card } = made.value;
  terminal.write(
    `${jack.known()} ${style.bold(printable(integration.name))} · ${integration.slug} · ${integration.reads} reads, ${integration.writes} writes\n`,
  );
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
}

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
