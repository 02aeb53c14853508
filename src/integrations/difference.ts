import type { Integration } from "../contract/integration.ts";
import { ToolDescription, type ToolInput, type ToolOperation } from "../contract/tool.ts";
import type { Update } from "../contract/update.ts";
import type { Transaction } from "../database/database.ts";
import { getIntegration } from "./integrations.ts";
import { changedOperations, changedSignIns } from "./publish.ts";
import { getToolFile } from "./tool-file.ts";

/**
 * What a version changes beside the one in use.
 *
 * @throws Problem `not_found`
 */
export async function differenceFrom(tx: Transaction, before: Integration, versionId: string): Promise<Update> {
  const after = await getIntegration(tx, { versionId });
  const [old, now] = [await toolOf(tx, before.versionId), await toolOf(tx, versionId)];
  const startAtAsk = await changedOperations(tx, before.versionId, versionId);
  const hosts = {
    added: after.hosts.filter((host) => !before.hosts.includes(host)),
    removed: before.hosts.filter((host) => !after.hosts.includes(host)),
  };
  const added = named(now.operations, (name) => !Object.hasOwn(old.operations, name));
  const removed = named(old.operations, (name) => !Object.hasOwn(now.operations, name));
  const changed = named(now.operations, (name) => Object.hasOwn(old.operations, name)).flatMap((one) => {
    const [was, is] = [old.operations[one.name], now.operations[one.name]];
    const what = was && is ? changesOf(was, is) : [];
    return was && what.length > 0 ? { ...one, was: was.access, what } : [];
  });
  const signIn = signInChanges(before, after);
  const moved = before.baseUrl === after.baseUrl ? {} : { baseUrl: { before: before.baseUrl, after: after.baseUrl } };
  const changes = [added, removed, changed, hosts.added, hosts.removed, signIn, Object.keys(moved)];
  return {
    integration: { id: after.id, slug: after.slug, name: after.name },
    before: { versionId: before.versionId, version: before.version },
    after: { versionId, version: after.version, status: after.status },
    added,
    removed,
    changed,
    hosts,
    ...moved,
    signIn,
    startAtAsk,
    signInAgain: hosts.added.length > 0 || changedSignIns(before, after).length > 0,
    isSame: changes.every((one) => one.length === 0),
  };
}

async function toolOf(tx: Transaction, versionId: string): Promise<ToolDescription> {
  return ToolDescription.parse((await getToolFile(tx, versionId)).tool);
}

function named(operations: ToolDescription["operations"], isMeant: (name: string) => boolean) {
  return Object.entries(operations)
    .filter(([name]) => isMeant(name))
    .map(([name, { access, requests, summary = "" }]) => ({ name, access, requests, summary }));
}

/** What differs for whoever uses an operation. Summaries and help are words and do not count. */
function changesOf(was: ToolOperation, is: ToolOperation): string[] {
  const what: string[] = [];
  if (was.access !== is.access) what.push(`it counts as a ${is.access} now`);
  if (!same(was.requests, is.requests))
    what.push(`it sends ${is.requests.join(", ")}, before ${was.requests.join(", ")}`);
  const [old, now] = [was.input ?? {}, is.input ?? {}];
  for (const [name, input] of Object.entries(now)) {
    const before = old[name];
    if (!before) what.push(`${input.required ? "it needs" : "it takes"} --${name} now`);
    else if (input.required && !before.required) what.push(`it needs --${name} now`);
    else if (!same(withoutWords(before), withoutWords(input))) what.push(`--${name} takes other values`);
  }
  for (const name of Object.keys(old)) if (!Object.hasOwn(now, name)) what.push(`--${name} is gone`);
  if (!same([was.security, was.scopes], [is.security, is.scopes])) what.push("its sign-in differs");
  const rest = ({ body, headers, graphql, pages, whole, coded }: ToolOperation) => [
    body && { ...body, help: undefined },
    headers,
    graphql,
    pages,
    whole,
    coded,
  ];
  if (!same(rest(was), rest(is))) what.push("what it sends is written in another way");
  if (!was.deprecated && is.deprecated) what.push("the service advises against it now");
  return what;
}

function withoutWords(input: ToolInput): object {
  return { ...input, help: undefined, shape: undefined, required: undefined };
}

function signInChanges(before: Integration, after: Integration): string[] {
  const changed = new Set(changedSignIns(before, after));
  const lost = before.auth.filter((method) => !after.auth.some(({ id }) => id === method.id));
  const added = after.auth.filter((method) => !before.auth.some(({ id }) => id === method.id));
  return [
    ...added.map((method) => `a new way to sign in: ${nameOf(method)}`),
    ...lost.map((method) => `a way to sign in is gone: ${nameOf(method)}`),
    ...before.auth
      .filter((method) => changed.has(method.id) && !lost.includes(method))
      .map((method) => `a way to sign in works differently: ${nameOf(method)}`),
  ];
}

function nameOf(method: Integration["auth"][number]): string {
  return method.label ?? method.type.replaceAll("_", " ");
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
