import { setTimeout as wait } from "node:timers/promises";
import type { SignInCard } from "../../contract/chat.ts";
import type { Api } from "../../contract/procedures.ts";
import type { Proof } from "../../contract/procedures/shapes.ts";
import { helpLink } from "../../contract/help-link.ts";
import { signInLabel } from "../../contract/sign-in-label.ts";
import type { Secret } from "../../contract/secret.ts";
import { openInBrowser } from "./browser.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { jack, printable, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export type GivenSignIn = {
  /** `field` -> secret, already read; the key "" stands for the only field. */
  secrets: Map<string, Secret>;
  variables: Record<string, string>;
  methodId?: string;
  label?: string;
};

type Place = { conversationId: string; cardId: string };
export type SignedIn = { label: string; proof: Proof };

/**
 * Signs in at a service from the terminal: asks for what the card asks for, hidden, or opens the service's own page. What is
 * typed goes straight to the vault.
 *
 * @throws CommandFailure when something is missing and nobody is there to ask.
 */
export async function signIn(
  api: Api,
  terminal: Terminal,
  card: SignInCard,
  given: GivenSignIn = { secrets: new Map(), variables: {} },
  place?: Place,
): Promise<SignedIn> {
  const method = await chooseMethod(terminal, card, given);
  const variables = await askVariables(terminal, method, given.variables);
  const again = card.again ? { connectionId: card.again.connectionId } : {};
  const common = { slug: card.integration.slug, methodId: method.id, variables, ...again, ...place };
  if (!method.available) throw clientMissing(card, method);
  if (method.redirectUri !== undefined) return browserSignIn(api, terminal, card, common);
  if (method.type === "oauth2" && method.fields.length === 0) return deviceSignIn(api, terminal, card, common);
  const secrets = await askSecrets(terminal, method, given.secrets, variables);
  const { connection, proof } = await api.connections.create({
    ...common,
    secrets,
    ...(given.label ? { label: given.label } : {}),
  });
  return { label: connection.label, proof };
}

type Method = SignInCard["methods"][number];

async function chooseMethod(terminal: Terminal, card: SignInCard, given: GivenSignIn): Promise<Method> {
  const named = given.methodId;
  if (named !== undefined) {
    const method = card.methods.find((one) => one.id === named || one.type === named);
    if (method) return method;
    const known = card.methods.map((one) => one.id).join(", ");
    throw new CommandFailure(
      `${card.integration.name} has no sign-in method "${named}". It has: ${known}.`,
      exitCodes.usage,
    );
  }
  const fitting = card.methods.filter((one) => given.secrets.size === 0 || one.fields.length > 0);
  const [first] = fitting;
  if (!first) throw new CommandFailure(`${card.integration.name} offers no way to sign in.`, exitCodes.signIn);
  if (fitting.length === 1 || given.secrets.size > 0 || !terminal.interactive) {
    return fitting.find((one) => takesAll(one, given)) ?? first;
  }
  terminal.write(`How do you want to sign in to ${printable(card.integration.name)}?\n`);
  const index = await terminal.choose(
    "Which way?",
    fitting.map(
      (one) =>
        printable(signInLabel(card, one)) + (one.available ? "" : style.soft(" (needs an OAuth client of yours)")),
    ),
  );
  return fitting[index] ?? first;
}

function takesAll(method: Method, given: GivenSignIn): boolean {
  const names = new Set(method.fields.map((field) => field.name));
  return [...given.secrets.keys()].every((name) => (name === "" ? method.fields.length > 0 : names.has(name)));
}

async function askVariables(terminal: Terminal, method: Method, given: Record<string, string>) {
  const variables: Record<string, string> = {};
  for (const one of method.variables) {
    const known = given[one.name] ?? (terminal.interactive ? undefined : one.default);
    if (known !== undefined) {
      variables[one.name] = known;
      continue;
    }
    if (!terminal.interactive) throw new CommandFailure(`Give --set ${one.name}=…`, exitCodes.usage);
    if (one.help) terminal.write(style.soft(`  ${printable(one.help)}\n`));
    const hint = one.default ?? one.example;
    const answer = (await terminal.ask(`${printable(one.label ?? one.name)}${hint ? ` (${hint})` : ""}: `)).trim();
    variables[one.name] = answer || one.default || "";
  }
  return variables;
}

async function askSecrets(
  terminal: Terminal,
  method: Method,
  given: Map<string, Secret>,
  variables: Record<string, string>,
) {
  const secrets: Record<string, string> = {};
  const alone = method.fields.filter((field) => !field.optional);
  if (!terminal.interactive || given.size > 0) {
    for (const name of given.keys()) {
      if (name !== "" && !method.fields.some((field) => field.name === name)) {
        const known = method.fields.map((field) => field.name).join(", ");
        throw new CommandFailure(`There is no secret "${name}" to fill in. There is: ${known}.`, exitCodes.usage);
      }
    }
  }
  for (const field of method.fields) {
    const known = given.get(field.name) ?? (alone.length === 1 && alone[0] === field ? given.get("") : undefined);
    if (known) {
      secrets[field.name] = known.reveal();
      continue;
    }
    if (!terminal.interactive) {
      if (field.optional) continue;
      throw new CommandFailure(
        `"${field.label}" is missing, and there is no terminal to ask at. Give --secret-from ${field.name}=NAME_OF_A_VARIABLE.`,
        exitCodes.usage,
      );
    }
    if (field.help) terminal.write(style.soft(`  ${printable(field.help)}\n`));
    const link = helpLink(field.helpUrl, variables);
    if (link) terminal.write(style.soft(`  ${printable(link)}\n`));
    const typed = (
      await terminal.askHidden(`${printable(field.label)}${field.optional ? " (may stay empty)" : ""}: `)
    ).trim();
    if (typed) secrets[field.name] = typed;
  }
  return secrets;
}

type Common = {
  slug: string;
  methodId: string;
  variables: Record<string, string>;
  connectionId?: string;
  conversationId?: string;
  cardId?: string;
};

function clientMissing(card: SignInCard, method: Method): CommandFailure {
  const name = card.integration.slug.toUpperCase().replaceAll("-", "_");
  const lines = [
    `${card.integration.name} needs an OAuth client of yours.`,
    ...(method.setup?.createUrl ? [`Register one: ${method.setup.createUrl}`] : []),
    ...(method.setup?.steps ?? []),
    `Its redirect URI: ${method.redirectUri ?? "none"}`,
    `Then set ${name}_CLIENT_ID and ${name}_CLIENT_SECRET and start again, or enter them on the integrations page.`,
  ];
  return new CommandFailure(lines.map(printable).join("\n"), exitCodes.signIn);
}

/** The service's own page, in a browser. The link signs that browser in here first, or its way back would be a stranger's. */
async function browserSignIn(api: Api, terminal: Terminal, card: SignInCard, common: Common): Promise<SignedIn> {
  const before = new Map((await api.connections.list()).map((one) => [one.id, one.provenAt?.getTime()]));
  const { url } = await api.oauth.start({ ...common, signIn: true });
  terminal.write(`${jack.asking()} Sign in to ${printable(card.integration.name)} here, then come back:\n  ${url}\n`);
  if (terminal.interactive) openInBrowser(url);
  for (const until = Date.now() + 10 * 60_000; Date.now() < until; await wait(1000)) {
    // A new account, or one that was here before and has been proven anew.
    const found = (await api.connections.list()).find(
      (one) => one.slug === common.slug && one.status !== "pending" && before.get(one.id) !== one.provenAt?.getTime(),
    );
    if (found?.provenAt) return { label: found.label, proof: { ok: true, operation: "a first read", ms: 0 } };
  }
  throw new CommandFailure("Nobody signed in within ten minutes. Start again when you are ready.", exitCodes.signIn);
}

/** A code to type on any device, for where there is no browser (RFC 8628). */
async function deviceSignIn(api: Api, terminal: Terminal, card: SignInCard, common: Common): Promise<SignedIn> {
  const waiting = await api.oauth.device(common);
  let told = await waiting.next();
  for (; !told.done; told = await waiting.next()) {
    const { userCode, verificationUri } = told.value;
    terminal.write(`${jack.asking()} Sign in to ${printable(card.integration.name)} on any device:\n`);
    terminal.write(`  ${printable(verificationUri)}   and type the code ${style.bold(printable(userCode))}\n`);
  }
  return { label: told.value.connection.label, proof: told.value.proof };
}
