import { existsSync, readFileSync } from "node:fs";
import type { Api } from "../../contract/procedures.ts";
import { updateLines } from "../../contract/update.ts";
import { drawStep } from "./connect.ts";
import { asStarted } from "./as-started.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { jack, printable, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export type UpdateOptions = { file?: string; url?: string; baseUrl?: string; yes?: boolean };

/** `patchbay update`: looks for a newer version, shows what it would change, and puts it in use on a yes. */
export async function update(api: Api, terminal: Terminal, slug: string, options: UpdateOptions): Promise<void> {
  if (options.file !== undefined && !existsSync(options.file)) {
    throw new CommandFailure(
      `There is no file ${options.file}. Give a file with --file, or an address with --url.`,
      exitCodes.usage,
    );
  }
  const { steps, update: found } = await api.integrations.update({
    slug,
    ...(options.url ? { url: options.url } : {}),
    ...(options.file ? { document: readFileSync(options.file, "utf8") } : {}),
    ...(options.baseUrl ? { baseUrl: options.baseUrl } : {}),
  });
  for (const step of steps) drawStep(terminal, step);
  if (!found) {
    terminal.write(`${jack.answering()} ${slug} is up to date.\n`);
    return;
  }
  for (const line of updateLines(found, 20)) terminal.write(`  ${printable(line)}\n`);
  const { versionId, version } = found.after;
  const yes =
    options.yes ?? (await isYes(terminal, `Use version ${version} of ${printable(found.integration.name)}? [y/N] `));
  if (!yes) {
    terminal.write(
      `${jack.asking()} Version ${version} is kept as a draft; nothing uses it. Say yes later with: ${asStarted("patchbay update")} ${slug}\n`,
    );
    return;
  }
  await api.integrations.publish({ slug, versionId });
  terminal.write(`${jack.answering()} ${printable(found.integration.name)} is at version ${version} now.\n`);
}

export type ReadsOptions = { confirm: string[]; retract: string[]; reason?: string };

/** `patchbay reads`: which writes look as if they only read, and a person's yes to some, or its end. */
export async function reads(api: Api, terminal: Terminal, slug: string, options: ReadsOptions): Promise<void> {
  const all = await api.integrations.operations({ slug });
  const suggested = all.filter((one) => one.suggestedRead !== undefined).map(({ name }) => name);
  if (options.confirm.length > 0) {
    const operations = options.confirm.includes("all") ? suggested : options.confirm;
    if (operations.length === 0) throw new CommandFailure(`No write of ${slug} looks as if it only reads.`);
    await api.integrations.confirmReads({ slug, operations, ...(options.reason ? { reason: options.reason } : {}) });
    terminal.write(`${jack.answering()} ${operations.join(", ")}: a read from now on, without asking.\n`);
  }
  if (options.retract.length > 0) {
    await api.integrations.retractReads({ slug, operations: options.retract });
    terminal.write(`${jack.answering()} ${options.retract.join(", ")}: a write again.\n`);
  }
  if (options.confirm.length + options.retract.length > 0) return;
  for (const { name, requests, confirmedRead, suggestedRead } of all) {
    const said = confirmedRead === undefined ? suggestedRead : `confirmed: ${confirmedRead}`;
    if (said) terminal.write(`${printable(name)}  ${style.soft(printable(`${requests.join(", ")}  ${said}`))}\n`);
  }
}

async function isYes(terminal: Terminal, question: string): Promise<boolean> {
  if (!terminal.interactive) return false;
  return /^y(es)?$/i.test((await terminal.ask(question)).trim());
}
