import type { Command } from "commander";
import { accountNames, accountsNamed, idShown } from "../../contract/account-name.ts";
import type { Connection } from "../../contract/connection.ts";
import { ActivityKind } from "../../contract/procedures/activity.ts";
import type { Api } from "../../contract/procedures.ts";
import { Decision } from "../../contract/access.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { jack, printable, seconds, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

type WithServer = (work: (served: { api: Api; terminal: Terminal }) => Promise<void>) => Promise<void>;

/** Commands about what is connected: accounts, policies, what was done and what was asked for in vain. */
export function accountCommands(program: Command, withServer: WithServer): void {
  const accounts = program
    .command("accounts")
    .description("Accounts at services: list, test, pause, resume, go back, disconnect")
    .addHelpText(
      "after",
      `
An account is named by its service, and by its label where there are several: \`practice\`, \`practice --account "Work"\`.
Examples:
  patchbay accounts list
  patchbay accounts pause trello
  patchbay accounts go-back trello 3
  patchbay connect trello --account "Work"     sign it in again, or another way
`,
    );
  accounts
    .command("list")
    .description("All accounts and how they are")
    .action(() =>
      withServer(async ({ api, terminal }) => {
        const all = await api.connections.list();
        for (const one of all) {
          const id = idShown(
            one,
            all.filter(({ slug }) => slug === one.slug),
          );
          terminal.write(`${lineOf(one)}${id === undefined ? "" : style.soft(`  ${id}`)}\n`);
        }
      }),
    );

  const about = (
    name: string,
    description: string,
    work: (api: Api, account: Connection, terminal: Terminal) => Promise<string>,
  ) =>
    accounts
      .command(name)
      .description(description)
      .argument("<slug>")
      .option("--account <label>", "which one, when there are several")
      .action((slug: string, o: { account?: string }) =>
        withServer(async ({ api, terminal }) => {
          const account = await accountOf(api, slug, o.account);
          terminal.write(`${await work(api, account, terminal)}\n`);
        }),
      );
  about("test", "Make one live read", async (api, { id }) => {
    const proof = await api.connections.test({ id });
    if (!proof.ok)
      throw new CommandFailure(proof.message, proof.code === "refused" ? exitCodes.signIn : exitCodes.service);
    return `${jack.answering()} ${proof.operation} worked (${seconds(proof.ms)})`;
  });
  about("pause", "Let nothing use it until it is resumed", async (api, { id }) =>
    lineOf(await api.connections.pause({ id })),
  );
  about("resume", "Let it be used again", async (api, { id }) => lineOf(await api.connections.resume({ id })));
  about("default", "Use it when none is named", async (api, { id }) =>
    lineOf(await api.connections.setDefault({ id })),
  );
  about("disconnect", "Revoke it at the service where that can be done, then erase it", async (api, { id, label }) => {
    await api.connections.delete({ id });
    return `${jack.known()} ${printable(label)} is disconnected`;
  });
  about("versions", "Its last five credentials, newest first", async (api, { id }) =>
    (await api.connections.versions({ id }))
      .map((one, at) => `${one.version}  ${one.createdAt.toISOString()}${at === 0 ? "  in use" : ""}`)
      .join("\n"),
  );
  accounts
    .command("rename")
    .description("Name an account")
    .argument("<slug>")
    .argument("<label>")
    .option("--account <label>", "which one, when there are several")
    .action((slug: string, label: string, o: { account?: string }) =>
      withServer(async ({ api, terminal }) => {
        const { id } = await accountOf(api, slug, o.account);
        terminal.write(`${lineOf(await api.connections.rename({ id, label }))}\n`);
      }),
    );
  accounts
    .command("go-back")
    .description("Go back to an earlier credential, and try it")
    .argument("<slug>")
    .argument("<version>")
    .option("--account <label>", "which one, when there are several")
    .action((slug: string, version: string, o: { account?: string }) =>
      withServer(async ({ api, terminal }) => {
        const { id } = await accountOf(api, slug, o.account);
        const { connection, proof } = await api.connections.goBack({ id, version: Number(version) });
        terminal.write(`${lineOf(connection)}\n`);
        if (!proof.ok) throw new CommandFailure(proof.message, exitCodes.signIn);
      }),
    );

  const policies = program
    .command("policies")
    .description("Rules about what may run; of several the most restrictive counts")
    .addHelpText(
      "after",
      '\nExamples:\n  patchbay policies add deny "boards delete"\n  patchbay policies add allow "cards *" --slug practice\n',
    );
  policies
    .command("list")
    .description("All policies")
    .action(() =>
      withServer(async ({ api, terminal }) => {
        for (const one of await api.policies.list()) {
          const where = one.subject === undefined ? one.level : `${one.level} ${one.subject}`;
          terminal.write(
            `${one.id}  ${one.decision}  "${printable(one.operation)}"${one.access ? ` (${one.access})` : ""}  ${where}\n`,
          );
        }
      }),
    );
  policies
    .command("add")
    .description("Add a policy: allow, ask or deny, and an operation, `*` for any part of its name")
    .argument("<decision>")
    .argument("<operation>")
    .option("--slug <slug>", "for one integration; else for all")
    .option("--account <label>", "for one account of it")
    .action((decision: string, operation: string, o: { slug?: string; account?: string }) =>
      withServer(async ({ api, terminal }) => {
        const read = Decision.safeParse(decision);
        if (!read.success) throw new CommandFailure("Say allow, ask or deny.", exitCodes.usage);
        const made = await api.policies.add({ ...(await placeOf(api, o)), operation, decision: read.data });
        terminal.write(`${made.id}\n`);
      }),
    );
  policies
    .command("remove")
    .description("Remove a policy")
    .argument("<id>")
    .action((id: string) => withServer(async ({ api }) => void (await api.policies.remove({ id }))));

  program
    .command("activity")
    .description("What was done with which account, newest first")
    .option("--slug <slug>", "of one integration")
    .option("--kind <kind>", `one of ${ActivityKind.options.join(", ")}`)
    .option("--limit <count>", "how many", "30")
    .action((o: { slug?: string; kind?: string; limit: string }) =>
      withServer(async ({ api, terminal }) => {
        const kind = ActivityKind.optional().safeParse(o.kind);
        if (!kind.success)
          throw new CommandFailure(`--kind wants one of ${ActivityKind.options.join(", ")}.`, exitCodes.usage);
        const { entries } = await api.activity.list({
          limit: Number(o.limit),
          ...(o.slug === undefined ? {} : { slug: o.slug }),
          ...(kind.data === undefined ? {} : { kind: kind.data }),
        });
        for (const one of entries) {
          const what = [one.integration?.slug, one.connection?.label].filter(Boolean).join(" · ");
          terminal.write(
            `${one.at.toISOString()}  ${one.outcome.padEnd(7)}  ${printable(one.text)}${what ? style.soft(`  ${printable(what)}`) : ""}${one.person ? style.soft(`  ${printable(one.person.name)}`) : ""}\n`,
          );
        }
      }),
    );

  program
    .command("wanted")
    .description("Services asked for in vain, most wanted first")
    .action(() =>
      withServer(async ({ api, terminal }) => {
        for (const one of await api.wanted.list({}))
          terminal.write(`${one.failed} of ${one.asked}  ${printable(one.subject)}\n`);
      }),
    );
}

async function accountOf(api: Api, slug: string, label: string | undefined): Promise<Connection> {
  const all = (await api.connections.list()).filter((one) => one.slug === slug || one.id === slug);
  const known = accountNames(all).join(", ");
  const fitting = label === undefined ? all : accountsNamed(all, label);
  const [only, ...others] = fitting;
  if (!only) {
    const there = known === "" ? `${slug} has no account` : `${slug} has no account "${label}". There is: ${known}`;
    throw new CommandFailure(`${there}.`, exitCodes.usage);
  }
  if (others.length > 0)
    throw new CommandFailure(
      label === undefined
        ? `${slug} has several accounts. Give --account: ${known}.`
        : `${slug} has several accounts of that name. Give --account with an id: ${accountNames(fitting).join(", ")}.`,
      exitCodes.usage,
    );
  return only;
}

async function placeOf(api: Api, o: { slug?: string; account?: string }) {
  if (o.slug === undefined) return { level: "tenant" as const };
  if (o.account === undefined) {
    const { id } = await api.integrations.get({ slug: o.slug });
    return { level: "integration" as const, subject: id };
  }
  return { level: "connection" as const, subject: (await accountOf(api, o.slug, o.account)).id };
}

function lineOf(one: Connection): string {
  const mark = !one.enabled
    ? jack.known()
    : one.status === "sign_in_again"
      ? jack.asking()
      : one.status === "connected"
        ? jack.answering()
        : jack.connected();
  const state = one.enabled ? one.status.replaceAll("_", " ") : "paused";
  const reason = one.statusReason ? style.soft(`  ${printable(one.statusReason)}`) : "";
  return `${mark} ${one.slug}  ${printable(one.label)}${one.isDefault ? style.soft(" (default)") : ""}  ${state}${reason}`;
}
