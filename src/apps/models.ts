import { z } from "zod";
import { Secret } from "../contract/secret.ts";
import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { guardedStream } from "../gateway/guarded-stream.ts";
import { readHost } from "../gateway/host.ts";
import type { HostPolicy } from "../gateway/host-policy.ts";
import { anthropicModel, defaultModel } from "../llm/anthropic.ts";
import type { Model } from "../llm/model.ts";
import { type KnownSearches, knownSearches } from "../llm/web-search.ts";
import { readSetting, removeSetting, saveSetting } from "../vault/settings.ts";
import type { Vault } from "../vault/vault.ts";
import type { Settings } from "./env.ts";

type Needs = { database: Database; vault: Vault; policy: HostPolicy; settings: Settings; guided: () => Model };
type Given = { apiKey: Secret; name?: string; baseUrl?: string };
type Described = { source: "none" | "environment" | "page"; name: string; baseUrl?: string };

const setting = "model";
const Kept = z.object({ apiKey: z.string(), name: z.string().optional(), baseUrl: z.string().optional() });

/** Which language model answers: the environment's, the one whose key was set on the page, or the guided model. */
export function createModels({ database, vault, policy, settings, guided }: Needs) {
  const searches = knownSearches(settings.WEB_SEARCH);
  const environment: Given | undefined = settings.ANTHROPIC_API_KEY && {
    apiKey: settings.ANTHROPIC_API_KEY,
    name: settings.ANTHROPIC_MODEL,
    baseUrl: settings.ANTHROPIC_BASE_URL,
  };
  // An address typed on the page must not reach into the server's own network, by no later DNS answer and no redirect either;
  // one set by the host's owner may.
  const guarded = guardedStream(policy);
  async function kept(scope: Scope): Promise<Given | undefined> {
    const text = await withinTenant(database, scope.tenantId, (tx) => readSetting(tx, vault, scope, setting));
    if (!text) return undefined;
    const { apiKey, name, baseUrl } = Kept.parse(JSON.parse(text.reveal()));
    return { apiKey: new Secret(apiKey), name, baseUrl };
  }

  const models = {
    async forScope(scope: Scope): Promise<Model> {
      const given = environment ?? (await kept(scope));
      if (!given) return guided();
      if (given === environment) return open(given, searches);
      if (given.baseUrl) await refusePrivate(given.baseUrl);
      return open(given, searches, guarded);
    },

    async describe(scope: Scope): Promise<Described> {
      const given = environment ?? (await kept(scope));
      if (!given) return { source: "none", name: guided().name };
      return {
        source: environment ? "environment" : "page",
        name: given.name ?? defaultModel,
        ...(given.baseUrl ? { baseUrl: given.baseUrl } : {}),
      };
    },

    /** @throws Problem `model_unavailable` when the model does not answer with this key; nothing is kept then. */
    async set(scope: Scope, given: Given): Promise<Described> {
      if (given.baseUrl) await refusePrivate(given.baseUrl);
      await askOnce(open(given, searches, guarded));
      const text = JSON.stringify({ apiKey: given.apiKey.reveal(), name: given.name, baseUrl: given.baseUrl });
      await withinTenant(database, scope.tenantId, async (tx) => {
        await saveSetting(tx, vault, scope, setting, new Secret(text));
        await audit(tx, scope, { action: "model_key.set", outcome: "ok" });
      });
      return models.describe(scope);
    },

    async remove(scope: Scope): Promise<Described> {
      await withinTenant(database, scope.tenantId, async (tx) => {
        await removeSetting(tx, scope, setting);
        await audit(tx, scope, { action: "model_key.remove", outcome: "ok" });
      });
      return models.describe(scope);
    },
  };
  return models;

  /** Says at once what the guarded fetch would refuse, in its own words. */
  async function refusePrivate(baseUrl: string): Promise<void> {
    const url = new URL(baseUrl);
    await policy.addressesOf(url.protocol === "http:" ? "http:" : "https:", readHost(url.host));
  }
}

export type Models = ReturnType<typeof createModels>;

function open({ apiKey, name, baseUrl }: Given, searches: KnownSearches, fetch?: typeof globalThis.fetch): Model {
  return anthropicModel({
    apiKey,
    searches,
    ...(name ? { model: name } : {}),
    ...(baseUrl ? { baseUrl } : {}),
    ...(fetch ? { fetch } : {}),
  });
}

async function askOnce(model: Model): Promise<void> {
  const answer = model.stream({
    system: [],
    messages: [{ role: "user", content: [{ type: "text", text: "Answer with the word ok." }] }],
    tools: [],
    maxTokens: 16,
    signal: AbortSignal.timeout(30_000),
  });
  for await (const event of answer) if (event.type === "message") return;
}
