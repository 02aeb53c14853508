import { z } from "zod";
import { addressIn } from "../../builder/find.ts";
import type { Tried } from "../../builder/further-reads.ts";
import type { ReadDocs } from "../../builder/docs/docs-or-document.ts";
import { overviewOf, readingTold } from "../../builder/docs/overview.ts";
import type { BuildStep, SignInCard } from "../../contract/chat.ts";
import type { Connection } from "../../contract/connection.ts";
import type { Integration } from "../../contract/integration.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Update } from "../../contract/update.ts";
import { addressRefused } from "../may-read.ts";
import { stepTeller } from "./step-teller.ts";
import { type AgentTool, agentTool, type Call, promptText, type ToolOutcome } from "./tool.ts";
import { askAboutUpdate } from "./update.ts";

export type Wish = {
  wish?: string;
  url?: string;
  document?: string;
  isByModel?: boolean;
  name?: string;
  baseUrl?: string;
};
export type Docs = ReadDocs;
export type Proof =
  | { ok: true; operation: string; ms: number; tried?: Tried }
  | { ok: false; code: string; message: string };

export type ConnectNeeds = {
  build(
    scope: Scope,
    wish: Wish,
    options: { onStep(step: BuildStep): void; signal: AbortSignal },
  ): Promise<Integration | Docs>;
  /** What a version that was just made would change; undefined when it is the one in use. */
  updateTo(scope: Scope, built: Integration): Promise<Update | undefined>;
  prove(scope: Scope, connectionId: string): Promise<Proof>;
  connections(scope: Scope): Promise<Connection[]>;
  signInCard(scope: Scope, integrationId: string, reason?: string): Promise<SignInCard>;
  /** Shows the card on which an account is signed in again, unless it stands there already. */
  askSignIn(call: Call, connectionId: string): Promise<void>;
  connectWithSecrets(
    scope: Scope,
    how: { integrationId: string; methodId: string; secrets: Record<string, never>; variables: Record<string, string> },
  ): Promise<Connection>;
  readFile(call: Call, path: string): Promise<string>;
  /** The repository to ask the person about, whether they share with it; undefined when there is nothing to ask. */
  asksSharing(scope: Scope): Promise<string | undefined>;
  /** Keeps what was read, for a tool to be made of it in this conversation. */
  openBuild(
    scope: Scope,
    begun: { conversationId: string; url: string } & Pick<ReadDocs, "report" | "sections">,
  ): Promise<unknown>;
};

const Input = z
  .object({
    wish: z.string().trim().min(1).max(300).optional(),
    url: z.string().trim().min(1).max(2_000).optional(),
    file: z.string().trim().min(1).max(300).optional(),
    base_url: z.string().trim().min(1).max(500).optional(),
    another_account: z.boolean().default(false),
  })
  .refine(({ wish, url, file }) => wish ?? url ?? file, { message: "give one of wish, url, file" });
type Input = z.infer<typeof Input>;

/** From a wish to a proven tool, as far as it goes without the person; where a sign-in is needed a card is shown. */
export function connectTool(needs: ConnectNeeds): AgentTool {
  return agentTool({
    name: "connect",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: {
        wish: { type: "string" },
        url: { type: "string" },
        file: { type: "string" },
        base_url: { type: "string" },
        another_account: { type: "boolean" },
      },
      additionalProperties: false,
    },
    title: ({ wish, url, file }) => `connect ${showHidden(wish ?? url ?? file ?? "").slice(0, 100)}`,
    async run(input, call) {
      const known = await knownAs(needs, input, call.scope);
      if (known && !input.another_account) return metAgain(needs, known, call);

      if (input.base_url && !(await call.said(input.base_url))) {
        return { content: "The person has to give the base URL themselves. Ask them for it.", isError: true };
      }
      const address = input.url ?? addressIn(input.wish ?? "");
      if (address && URL.canParse(address) && !(await call.mayRead(address))) {
        return { content: addressRefused, isError: true };
      }
      const steps = stepTeller(call);
      const built = await needs.build(call.scope, await wishOf(needs, input, call), {
        onStep: steps.tell,
        signal: call.signal,
      });
      await steps.told();
      if ("kind" in built) return pagesOnly(needs, built, call);

      const accounts = (await needs.connections(call.scope)).filter((one) => one.integrationId === built.id);
      if (accounts.length > 0 && !input.another_account) {
        const isUsed = accounts.some(isUsable);
        const update = isUsed ? await needs.updateTo(call.scope, built) : undefined;
        return update ? askAboutUpdate(call, update) : metAgain(needs, accounts, call);
      }

      const [method] = built.auth;
      const openly = built.auth.length === 1 && method?.type === "none";
      // A service nobody named is a host nobody agreed to: then the person is asked, even where there is nothing to type.
      const isNamed = !input.file && (await call.said(input.url ?? input.wish ?? ""));
      if (openly && method && isNamed && method.variables.length + built.variables.length === 0) {
        return openlyConnected(needs, built, method.id, call);
      }
      const found = isNamed ? "" : "You did not name this address yourself. ";
      return cardShown(needs, built.id, call, `${found}What you enter is used at ${hostsOf(built)} only.`);
    },
  });
}

async function wishOf(needs: ConnectNeeds, input: Input, call: Call): Promise<Wish> {
  const given = input.file
    ? { document: await needs.readFile(call, input.file), isByModel: true }
    : input.url
      ? { url: input.url }
      : { wish: input.wish ?? "" };
  return { ...given, ...(input.base_url ? { baseUrl: input.base_url } : {}) };
}

/** The accounts at a service that is called by its own name. */
async function knownAs(
  needs: ConnectNeeds,
  { wish, url, file }: Input,
  scope: Scope,
): Promise<Connection[] | undefined> {
  if (!wish || url || file) return undefined;
  const name = wish.toLowerCase();
  const found = (await needs.connections(scope)).filter((one) => one.slug === name);
  return found.length > 0 ? found : undefined;
}

const isUsable = ({ status }: Connection) => status !== "pending";

/** A service that is asked for though there are accounts: those that work are named, one that was never proven is tried. */
function metAgain(needs: ConnectNeeds, accounts: Connection[], call: Call): Promise<ToolOutcome> {
  const usable = accounts.filter(isUsable);
  const [kept] = accounts;
  return kept && usable.length === 0 ? triedAgain(needs, kept, call) : alreadyConnected(needs, usable, call);
}

async function alreadyConnected(needs: ConnectNeeds, accounts: Connection[], call: Call): Promise<ToolOutcome> {
  const lacking =
    accounts.find((one) => one.metadata["scope_gap"] !== undefined) ??
    (accounts.every((one) => one.status === "sign_in_again") ? accounts[0] : undefined);
  if (lacking) {
    await needs.askSignIn(call, lacking.id);
    return {
      content: `sign-in card shown for ${lacking.slug}. You go on when the person has signed in.`,
      shown: `Sign in to ${lacking.slug} again to go on.`,
      endsTurn: true,
    };
  }
  const slug = accounts[0]?.slug ?? "";
  const labels = accounts.map((one) => `${one.label} (${one.enabled ? one.status.replaceAll("_", " ") : "paused"})`);
  return {
    content: `already connected: ${slug}. Use it with \`${slug}\`, or add another account.\naccounts:\n${markAsData(labels.join("\n"), "accounts")}`,
    shown: `${slug} is connected already: ${labels.join(", ")}`,
  };
}

/**
 * An account whose sign-in is kept but was never proven, as when the service could not be reached: it is tried once more
 * before anybody is asked to enter the same again.
 */
async function triedAgain(needs: ConnectNeeds, kept: Connection, call: Call): Promise<ToolOutcome> {
  const proof = await needs.prove(call.scope, kept.id);
  if (proof.ok || proof.code === "nothing_to_try") return toldConnected(needs, kept, proof, call);
  if (proof.code === "refused") {
    await needs.askSignIn(call, kept.id);
    return {
      content: `sign-in card shown for ${kept.slug}. You go on when the person has signed in.`,
      shown: `${kept.slug} did not accept what is kept. Sign in again to go on.`,
      endsTurn: true,
    };
  }
  const told = { ok: false, code: "sign_in_unproven", message: unprovenNote(kept.slug, { ...proof, message: "" }) };
  return {
    content: `${JSON.stringify(told)}\n${markAsData(proof.message, kept.slug)}`,
    shown: showHidden(unprovenNote(kept.slug, proof)),
    isError: true,
  };
}

async function openlyConnected(
  needs: ConnectNeeds,
  built: Integration,
  methodId: string,
  call: Call,
): Promise<ToolOutcome> {
  const connection = await needs.connectWithSecrets(call.scope, {
    integrationId: built.id,
    methodId,
    secrets: {},
    variables: {},
  });
  const proof = await needs.prove(call.scope, connection.id);
  if (!proof.ok && proof.code !== "nothing_to_try") {
    return {
      content: `not connected: ${built.slug} needs no sign-in, but its first read failed.\n${markAsData(proof.message, built.slug)}`,
      shown: `The first read failed: ${showHidden(proof.message)}`,
      isError: true,
    };
  }
  return toldConnected(needs, connection, proof, call, "; it needs no sign-in");
}

async function toldConnected(
  needs: ConnectNeeds,
  { id: connectionId, slug, label }: Connection,
  proof: Proof,
  call: Call,
  more = "",
): Promise<ToolOutcome> {
  const proven = proof.ok ? { proof: { operation: proof.operation, ms: proof.ms } } : {};
  const repository = await needs.asksSharing(call.scope);
  await call.emit(
    { type: "connected", connectionId, slug, label, ...proven },
    ...(repository === undefined ? [] : [{ type: "sharing_asked", repository } as const]),
  );
  return { content: connectedNote(slug, proof), shown: `${slug} is connected${more}.` };
}

async function cardShown(
  needs: ConnectNeeds,
  integrationId: string,
  call: Call,
  reason?: string,
): Promise<ToolOutcome> {
  const card = await needs.signInCard(call.scope, integrationId, reason);
  await call.emit({ type: "sign_in_needed", card });
  return {
    content: `sign-in card shown for ${card.integration.slug}. You go on when the person has signed in.`,
    shown: `Sign in to ${showHidden(card.integration.name)} to go on.`,
    endsTurn: true,
  };
}

function hostsOf({ hosts }: Integration): string {
  const shown = hosts.slice(0, 3).map((host) => showHidden(host));
  return hosts.length > shown.length
    ? `${shown.join(", ")} and ${hosts.length - shown.length} more`
    : shown.join(" and ");
}

async function pagesOnly(needs: ConnectNeeds, docs: Docs, call: Call): Promise<ToolOutcome> {
  const { url, report, sections, metadata } = docs;
  await needs.openBuild(call.scope, { conversationId: call.conversationId, url, report, sections });
  const told = readingTold(report, sections.length);
  return {
    content: `pages only: no machine-readable description was found. ${told}\n${markAsData(overviewOf(sections, metadata), url)}\n\n${promptText("how-to-propose.md")}`,
    shown: `Only pages for people were found at ${showHidden(url)}. ${showHidden(told)}`,
  };
}

/** What a person reads of a sign-in that is kept though no live read has proven it: what happened, and how it is tried again. */
export function unprovenNote(slug: string, { code, message }: Extract<Proof, { ok: false }>): string {
  if (code === "refused") return message;
  const why =
    code === "unreachable"
      ? "the service could not be reached or is in trouble"
      : code === "not_permitted"
        ? "the service knows this account but does not allow the read that was tried; give it more permissions there"
        : "the read that was tried failed";
  const words = message.trim().replace(/\.$/, "");
  const said = words === "" ? "" : ` (${words})`;
  return `Your sign-in is kept, but it is not proven yet: ${why}${said}. Nothing has to be entered again: say "connect ${slug}" to try once more, or test the account on the page of ${slug} under Integrations.`;
}

/** What the model reads when a service is ready for use. */
export function connectedNote(slug: string, proof: Proof): string {
  const how = proof.ok
    ? `The server proved it by reading \`${slug} ${proof.operation}\`.`
    : "There was no read to try it with.";
  const tried = proof.ok && proof.tried ? `${triedNote(proof.tried)} ` : "";
  return `connected: ${slug}. ${how} ${tried}Find operations with \`${slug} search "…"\`.`;
}

/** What further reads showed. A refusal is a question for the person; the model is not to fill the gap. */
function triedNote({ trials, untried, refused }: Tried): string {
  const worked = trials.filter((one) => one.outcome === "worked").map((one) => one.operation);
  const failed = trials.filter((one) => one.outcome === "failed");
  const lines = failed.map(
    ({ operation, status, message = "" }) =>
      `${operation} (${status ?? "no answer"}): ${message}${status === 404 ? " (its path may be wrong, or not be in this plan)" : ""}`,
  );
  const left = untried.slice(0, mostUntried).map(({ operation, why }) => `${operation} (${why})`);
  if (untried.length > left.length) left.push(`${untried.length - left.length} more`);
  return [
    `Further reads that worked: ${worked.join(", ") || "none"}.`,
    ...(lines.length > 0 ? [`Failed:\n${markAsData(lines.join("\n"), "proof")}\n`] : []),
    ...(left.length > 0 ? [`Not tried: ${left.join(", ")}.`] : []),
    ...(refused
      ? [
          `The service refused ${refused.operation} with ${refused.status}, so nothing more was tried: tell the person; the account's rights, its plan or a setting the docs name may be why. Make up nothing in place of an answer.`,
        ]
      : []),
  ].join(" ");
}

const mostUntried = 12;
