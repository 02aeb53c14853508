import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import type { Api } from "../../contract/procedures.ts";
import { home, readSettings, type Settings } from "../env.ts";
import { accountCommands } from "./accounts.ts";
import { asStarted } from "./as-started.ts";
import { connectTo, findServer } from "./client.ts";
import { CommandFailure, exitCodes, failureOf, isConnectionLost } from "./failure.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/**
 * The command line. Commands talk to the running server; when none runs they start one for as long as they take. Heavy parts
 * are imported when a command needs them, so that `--help` answers at once.
 */
export async function main(argv: string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = commands((code) => (exitCode = code));
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failed = failureOf(error);
    const failure = { ...failed, message: asStarted(failed.message) };
    process.stderr.write(
      process.stderr.isTTY
        ? `${failure.message}\n`
        : `${JSON.stringify({ ok: false, code: failure.code, message: failure.message })}\n`,
    );
    return failure.exitCode;
  }
}

const repeated = (value: string, before: string[]) => [...before, value];

function commands(end: (code: number) => void): Command {
  const program = new Command("patchbay");
  program
    .description(
      "Connect to any API from a chat: an agent writes the tool, a person signs in, a gateway keeps the keys.",
    )
    .usage("<command> [options]")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(asStarted(text)),
      writeErr: (text) => process.stderr.write(asStarted(text)),
    })
    .showHelpAfterError("Type `patchbay --help` to see all commands.")
    .addHelpText("after", overview);

  program
    .command("start")
    .description("Start the server: page, REST at /api, practice service")
    .option("--open", "open the page in the browser")
    .addHelpText("after", "\nExamples:\n  patchbay start\n  PORT=8080 patchbay start\n")
    .action(async (options: { open?: boolean }) => {
      const { start } = await import("../server/start.ts");
      await start(readSettings(), options);
    });

  program
    .command("chat")
    .description("Chat in the terminal")
    .option("--conversation <id>", "go on with an earlier conversation")
    .addHelpText("after", '\nExamples:\n  patchbay chat\n  echo "connect me to the practice service" | patchbay chat\n')
    .action(async (options: { conversation?: string }) => {
      await withServer(async ({ api, terminal, url, settings }) => {
        const [{ chat }, { readHistory, saveHistory }] = await Promise.all([
          import("./chat.ts"),
          import("./history.ts"),
        ]);
        terminal.history.push(...readHistory(settings.DATA_DIR));
        await chat(api, terminal, {
          ...(options.conversation ? { conversationId: options.conversation } : {}),
          pageUrl: url,
        });
        saveHistory(settings.DATA_DIR, terminal.history);
      });
    });

  program
    .command("connect")
    .description("Connect a service: by name, by the address of its API document or docs, or from a file")
    .argument("<what>", "a name, an http(s) address, or a file with an OpenAPI document")
    .option(
      "--secret-from <field=NAME>",
      "take a secret from the environment variable NAME; NAME alone when there is one field",
      repeated,
      [],
    )
    .option("--set <variable=value>", "fill in a blank of the service's address, e.g. subdomain=acme", repeated, [])
    .option("--method <id>", "which way to sign in, when there are several")
    .option("--label <text>", "a name for this account")
    .option("--account <label>", "sign this account in again, or change how it signs in; policies and label stay")
    .option("--name <text>", "a name for the integration")
    .option("--base-url <url>", "where the API is, when the document does not say")
    .addHelpText(
      "after",
      `
Examples:
  patchbay connect practice
  patchbay connect https://api.example.com/openapi.json
  patchbay connect trello --secret-from key=TRELLO_KEY --secret-from token=TRELLO_TOKEN
Secrets are asked for without showing them, and go to the vault only.
`,
    )
    .action(async (what: string, options: import("./connect.ts").ConnectOptions) => {
      await withServer(async ({ api, terminal, settings }) => {
        const { connect } = await import("./connect.ts");
        await connect({ api, terminal, secret: settings.secret }, what, options);
      });
    });

  program
    .command("compile")
    .description("Write the tool for an OpenAPI document into a folder; no server, no account")
    .argument("<document>", "a file or an http(s) address")
    .requiredOption("--out <folder>", "where cli.ts, config.json and instructions.md go")
    .option("--slug <slug>", "the tool's name; else from the document's title")
    .option("--base-url <url>", "where the API is, when the document does not say")
    .addHelpText(
      "after",
      "\nExamples:\n  patchbay compile openapi.json --out trello/\n  node trello/cli.ts boards list\n",
    )
    .action(async (document: string, options: { out: string; slug?: string; baseUrl?: string }) => {
      const { compileToFolder } = await import("../compile-to-folder.ts");
      const { printable } = await import("./style.ts");
      await compileToFolder(readSettings(), document, options, (text) => process.stdout.write(printable(text)));
    });

  program
    .command("run")
    .description("Run one operation of a connected service")
    .usage("[options] <slug> <words...>")
    .argument("<slug>", "the integration, e.g. practice")
    .argument("[words...]", "what stands after the tool's name; leave it out to see what there is")
    .option("--yes", "send a write without asking; it is still shown in full")
    .option("--account <label>", "which account, when there are several")
    .option("--stdin", "hand standard input to the tool")
    .passThroughOptions()
    .addHelpText(
      "after",
      `
Options of patchbay stand before the slug, those of the tool after it.
Examples:
  patchbay run practice boards list --limit 3
  patchbay run practice search "move card"
  patchbay run --yes practice cards create --list-id L1 --name "Buy milk"
  cat body.json | patchbay run --stdin practice cards create --input -
Exit codes: 0 ok, 2 usage, 3 sign in again, 4 refused, 5 the service failed.
`,
    )
    .action(async (slug: string, words: string[], options: { yes?: boolean; account?: string; stdin?: boolean }) => {
      await withServer(async ({ api, terminal }) => {
        const { run } = await import("./run.ts");
        const stdin = options.stdin ? await readAll(process.stdin) : undefined;
        end(
          await run(api, terminal, slug, words.length > 0 ? words : ["--help"], {
            yes: options.yes ?? false,
            ...(options.account ? { account: options.account } : {}),
            ...(stdin === undefined ? {} : { stdin }),
          }),
        );
      });
    });

  program
    .command("update")
    .description("Look for a newer version of an integration, show what it would change, and use it on a yes")
    .argument("<slug>", "the integration, e.g. trello")
    .option("--file <path>", "the newer document, as a file")
    .option("--url <address>", "the address of the newer document; else where the integration came from")
    .option("--base-url <url>", "where the API is, when the document does not say")
    .option("--yes", "use it without asking; the difference is shown all the same")
    .addHelpText(
      "after",
      "\nExamples:\n  patchbay update trello\n  patchbay update acme --file openapi-v2.json\nNames and permissions are kept. What is new asks first, until you allow it.\n",
    )
    .action(async (slug: string, options: import("./update.ts").UpdateOptions) => {
      await withServer(async ({ api, terminal }) => {
        const { update } = await import("./update.ts");
        await update(api, terminal, slug, options);
      });
    });

  program
    .command("reads")
    .description("Which writes of an integration look as if they only read; say yes to some")
    .argument("<slug>", "the integration, e.g. trello")
    .option("--confirm <operation>", 'say that it only reads; "all" for every one that looks so', repeated, [])
    .option("--retract <operation>", "take that back", repeated, [])
    .option("--reason <text>", "why it only reads")
    .addHelpText(
      "after",
      '\nExamples:\n  patchbay reads notion\n  patchbay reads notion --confirm "data-sources query" --confirm search\n',
    )
    .action(async (slug: string, options: import("./update.ts").ReadsOptions) => {
      await withServer(async ({ api, terminal }) => {
        const { reads } = await import("./update.ts");
        await reads(api, terminal, slug, options);
      });
    });

  program
    .command("community")
    .description("Share proven tools with everyone, and take over what others shared")
    .argument("[what]", "status, share, offer, pull, news, install, rollback", "status")
    .argument("[rest...]", "a slug, or on | off")
    .addHelpText(
      "after",
      `
Examples:
  patchbay community                       where offers stand, with the maintainers' words
  patchbay community share on              offer tools that work; "share trello off" leaves one out
  patchbay community offer trello          once more, e.g. as an answer to a review
  patchbay community pull                  look for what was approved
  patchbay community install trello        take over a version that asks for your yes
  patchbay community rollback              back to the catalogue before
`,
    )
    .action(async (what: string, rest: string[]) => {
      await withServer(async ({ api, terminal }) => {
        const { community } = await import("./community.ts");
        await community(api, terminal, what, rest);
      });
    });

  program
    .command("demo")
    .description("Tell the whole story unattended, on the practice service, in a temporary data folder")
    .action(async () => {
      const { demo } = await import("./demo.ts");
      end(await demo());
    });

  program
    .command("doctor")
    .description("Check this installation and say how to mend what is not right")
    .action(async () => {
      const { doctor } = await import("../doctor.ts");
      end((await doctor((text) => process.stdout.write(text))) ? exitCodes.ok : exitCodes.failed);
    });

  program
    .command("worker")
    .description("Work on background jobs only; needs DATABASE_URL")
    .action(async () => {
      const { work } = await import("../worker/work.ts");
      await work(readSettings());
    });

  program
    .command("link")
    .description("Print a one-time link that signs a browser in")
    .action(async () => {
      const settings = readSettings();
      const server = await findServer(settings.DATA_DIR);
      if (!server)
        throw new CommandFailure("Patchbay is not running here. Start it with `npm start`; it prints a link.");
      const { url } = await connectTo(server).sessions.link();
      process.stdout.write(`${url}\n`);
    });

  accountCommands(program, withServer);

  const keys = program
    .command("keys")
    .description("API keys for scripts and other programs")
    .addHelpText(
      "after",
      '\nExamples:\n  export PATCHBAY_KEY=$(patchbay keys create "nightly script")\n  patchbay keys list\n',
    );
  keys
    .command("list")
    .description("My API keys")
    .action(() =>
      withServer(async ({ api, terminal }) => {
        for (const key of await api.keys.list()) {
          terminal.write(
            `${key.id}  ${key.label}  ${key.usedAt ? `last used ${key.usedAt.toISOString()}` : "never used"}\n`,
          );
        }
      }),
    );
  keys
    .command("create")
    .description("Make a key and print it, this once")
    .argument("<name>")
    .action((label: string) =>
      withServer(async ({ api, terminal }) => terminal.write(`${(await api.keys.create({ label })).key}\n`)),
    );
  keys
    .command("revoke")
    .description("Revoke a key")
    .argument("<id>")
    .action((id: string) => withServer(async ({ api }) => void (await api.keys.revoke({ id }))));

  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride();
  }
  return program;
}

type Served = { api: Api; terminal: Terminal; url: string; settings: Settings };

/** Runs a command against the server that uses this data folder, or one started in this process for its time. */
async function withServer(work: (served: Served) => Promise<void>): Promise<void> {
  const settings = readSettings();
  const terminal = openTerminal();
  const running = await findServer(settings.DATA_DIR);
  if (running) {
    try {
      return await work({ api: connectTo(running), terminal, url: running.url, settings });
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      throw new CommandFailure(
        "The server ended before it answered. Start it again with `npm start`, and see what was done with `patchbay activity`.",
        exitCodes.service,
      );
    }
  }
  const { startServer } = await import("../server/start.ts");
  const server = await startServer(settings, { page: false, anyPort: true, quiet: true });
  try {
    await work({ api: connectTo({ url: server.local, token: server.token }), terminal, url: server.url, settings });
  } finally {
    await server.close();
  }
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

const overview = `
First steps:
  npm start                                     start it, open the link it prints
  patchbay chat                                 or stay in the terminal
  patchbay connect practice                     connect the service to practise on
  patchbay run practice boards list --limit 3   use it

Settings come from the environment; ${home}/env.example explains them.`;

if (import.meta.main) {
  // Whoever reads our output may stop in the middle: `patchbay --help | head`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.ok);
    throw error;
  });
  // Node then keeps what it compiled and stripped of types: that is a quarter of the time imports take.
  enableCompileCache(join(home, "node_modules/.cache/patchbay"));
  process.exitCode = await main(process.argv.slice(2));
}
