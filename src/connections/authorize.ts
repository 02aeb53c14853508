import { isProblem, Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { withinTenant } from "../database/database.ts";
import type { Placement } from "../gateway/place.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { changeConnection, openCredential, readConnection, toConnection } from "./connection-store.ts";
import { resolveHosts } from "./describe.ts";
import { methodOf } from "./inside.ts";
import type { Inside } from "./inside.ts";
import { forHosts } from "./oauth/client-authentication.ts";
import { clientOf } from "./oauth/client-of.ts";
import { placementsOf } from "./placements.ts";
import type { Renew } from "./renew.ts";

export type Authorization = {
  placements: Placement[];
  /** Which credential this is; given back with `refused`, so that one refusal renews once. */
  version: number;
};

export type AuthorizeOptions = {
  /** The service answered 401: renew once. */
  refused?: boolean;
  /** The `version` that was refused. Without it, a credential of the last seconds counts as not the refused one. */
  version?: number;
  /** What the run may reach: a credential that was not given for all of them has to be given anew. */
  hosts?: readonly string[];
};

export type Authorize = {
  (scope: Scope, connectionId: string, o?: AuthorizeOptions): Promise<Authorization>;
};

type Remembered = Authorization & {
  personId: string;
  tenantId: string;
  readAtMs: number;
  /** When to renew; undefined when it does not end or cannot be renewed. */
  renewAtMs?: number;
  endsAtMs?: number;
  renewable: boolean;
  /** What it was given for, blanks filled; undefined for what was kept before this was written down. */
  hosts?: ReadonlySet<string>;
};

/** A server that missed a notice still hears of a pause within this time. */
const rememberedMs = 60_000;
const rememberedAtMost = 20_000;
const triedAgainMs = 2_000;

/**
 * The gateway's hot path: what to put into a request of this connection. Opened credentials are remembered in memory until the
 * connection changes; tokens are renewed five minutes ahead (a tenth of their life for short ones), and when a service refuses.
 *
 * @throws Problem `connection_paused`, `sign_in_ended`, `refresh_unavailable`, `not_found`.
 */
export function createAuthorize(
  inside: Inside,
  renew: Renew,
): { authorize: Authorize; forget(connectionId: string): void } {
  const remembered = new Map<string, Remembered>();
  /** Callers who arrive while the database is asked wait for that answer. */
  const asking = new Map<string, { answer: Promise<Remembered>; isOld: boolean }>();

  const authorize: Authorize = async (scope, id, o = {}) => {
    const current = await authorized(scope, id, o);
    const added = o.hosts?.filter((host) => current.hosts?.has(host) === false) ?? [];
    if (added.length > 0) return end(scope, id, () => `It now also reaches ${added.join(", ")}.`);
    return current;
  };

  const authorized = async (scope: Scope, id: string, o: AuthorizeOptions): Promise<Remembered> => {
    const known = remembered.get(id);
    if (known && !o.refused && isFresh(known) && known.tenantId === scope.tenantId && known.personId === scope.personId)
      return known;
    const key = `${id} ${scope.tenantId} ${scope.personId} ${o.refused ? `refused ${o.version}` : ""}`;
    const same = asking.get(key);
    if (same && !same.isOld) return same.answer;
    const mine = { answer: ask(scope, id, o), isOld: false };
    asking.set(key, mine);
    try {
      const current = await mine.answer;
      if (!mine.isOld) remember(id, current);
      return current;
    } finally {
      if (asking.get(key) === mine) asking.delete(key);
    }
  };

  async function ask(scope: Scope, id: string, o: AuthorizeOptions): Promise<Remembered> {
    const current = await read(scope, id);
    const refused = o.refused === true && (o.version === undefined ? !current.isNew : o.version === current.version);
    const alive = current.endsAtMs === undefined || current.endsAtMs > inside.now().getTime();
    if (!current.renewable && !alive) return end(scope, id, lapsed);
    if (!current.renewable || !(refused || isDue(current))) return current;
    try {
      await renew(scope, id, current.version);
      return await read(scope, id);
    } catch (error) {
      // An outage of the token endpoint does no harm as long as the access token lives.
      if (refused || !alive || !isProblem(error, "refresh_unavailable")) throw error;
      return { ...current, renewAtMs: inside.now().getTime() + triedAgainMs };
    }
  }

  function forget(id: string): void {
    remembered.delete(id);
    // What was read before the change must not be remembered after it.
    for (const [key, flight] of asking) if (key.startsWith(`${id} `)) flight.isOld = true;
  }

  return { authorize, forget };

  function isFresh(known: Remembered): boolean {
    const now = inside.now().getTime();
    return (
      now - known.readAtMs < rememberedMs && !isDue(known) && (known.endsAtMs === undefined || known.endsAtMs > now)
    );
  }

  function isDue({ renewAtMs }: Remembered): boolean {
    return renewAtMs !== undefined && renewAtMs <= inside.now().getTime();
  }

  function remember(id: string, entry: Remembered): void {
    remembered.delete(id);
    remembered.set(id, entry);
    if (remembered.size <= rememberedAtMost) return;
    const [oldest] = remembered.keys();
    if (oldest !== undefined) remembered.delete(oldest);
  }

  async function read(scope: Scope, id: string): Promise<Remembered & { isNew: boolean }> {
    return withinTenant(inside.database, scope.tenantId, async (tx) => {
      const kept = await readConnection(tx, scope, id);
      const integration = await getIntegration(tx, { id: kept.integrationId });
      if (!kept.enabled) throw new Problem("connection_paused", { integration: integration.name });
      if (kept.status === "sign_in_again") throw new Problem("sign_in_ended", { integration: integration.name });
      const method = methodOf(integration, kept.authMethodId);
      const { credential, isNew } = await openCredential(tx, inside.vault, id, kept.version);
      const isOAuth = method.type === "oauth2";
      const needsClient =
        isOAuth &&
        Object.values(method.requestHeaders ?? {}).some((template) => /\{client_(id|secret)\}/.test(template));
      const client = needsClient
        ? (await clientOf(inside, tx, integration, method, credential)).client
        : credential.client;
      const renewable = isOAuth && (method.grant === "client_credentials" || credential.refreshToken !== undefined);
      const endsAtMs = kept.expiresAt?.getTime();
      return {
        placements: placementsOf(
          method,
          { ...credential, client: client && forHosts(client, resolveHosts(integration, kept.metadata, method)) },
          kept.metadata,
        ),
        version: kept.version,
        tenantId: scope.tenantId,
        personId: scope.personId,
        readAtMs: inside.now().getTime(),
        isNew,
        renewable,
        ...(credential.hosts && {
          hosts: new Set(resolveHosts({ ...integration, hosts: credential.hosts }, kept.metadata, method)),
        }),
        endsAtMs,
        renewAtMs:
          renewable && endsAtMs !== undefined
            ? endsAtMs - aheadMs(kept.lifetimeSeconds, isOAuth ? method.refreshAhead : undefined)
            : undefined,
      };
    });
  }

  /** Only the person can help: a token that ended and cannot be renewed, or a sign-in that was not for this. */
  async function end(scope: Scope, id: string, reason: (name: string) => string): Promise<never> {
    const { kept, integration } = await withinTenant(inside.database, scope.tenantId, async (tx) => {
      const kept = await readConnection(tx, scope, id);
      const integration = await getIntegration(tx, { id: kept.integrationId });
      const statusReason = reason(integration.name);
      await changeConnection(tx, id, { status: "sign_in_again", statusReason });
      return { kept: { ...kept, status: "sign_in_again" as const, statusReason }, integration };
    });
    await inside.changed(id);
    inside.signInEnded(scope, toConnection(kept));
    throw new Problem("sign_in_ended", { integration: integration.name });
  }
}

const lapsed = (name: string) => `The sign-in has ended, and ${name} gave nothing to renew it with. Connect it again.`;

/** Five minutes before the end; of tokens that live less than fifty minutes, a tenth of their life. */
function aheadMs(lifetimeSeconds: number | null, told: number | undefined): number {
  const most = lifetimeSeconds === null ? 300_000 : Math.min(300_000, lifetimeSeconds * 100);
  return told === undefined ? most : Math.min(told * 1000, most);
}
