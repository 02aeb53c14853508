import { type AuthMethod, typedFields } from "../../../contract/auth-method.ts";
import type { CommunityConfig } from "../../../contract/community.ts";
import type { Integration } from "../../../contract/integration.ts";
import { isProblem, Problem } from "../../../contract/problem.ts";
import type { ConnectionProof, Provider } from "../../../contract/procedures/shapes.ts";
import type { Scope } from "../../../contract/scope.ts";
import type { House } from "../../assemble.ts";
import { told, type Answering } from "../answering.ts";
import { iconAddress } from "../icons.ts";
import { asksAgain } from "./integrations.ts";
import { storyOf } from "../story.ts";

const done = { ok: true } as const;

export function connectionAnswers(os: Answering, house: House) {
  const { connections, library, catalogue, agent } = house;

  const integrationOf = (scope: Scope, slug: string) => library.get(scope, { slug });
  const providersFor = async (scope: Scope): Promise<Provider[]> => {
    const [here, accounts] = await Promise.all([library.list(scope), connections.list(scope)]);
    const known = new Set(here.map((one) => one.slug));
    const connected = (id: string) =>
      accounts.filter((one) => one.integrationId === id && one.status === "connected").length;
    return [
      ...here.map((one) => providerOf(one, connected(one.id))),
      ...[practiceService, ...catalogue.entries.map(fromCatalogue)].filter((entry) => !known.has(entry.slug)),
    ];
  };

  /** A connection to come back to, should what replaces its credential not work. */
  const asItIs = async (scope: Scope, id: string) => {
    const [newest] = await connections.versions(scope, id);
    return newest && { version: newest.version, connection: await connections.get(scope, id) };
  };

  return {
    connections: {
      list: os.connections.list.handler(({ context }) => connections.list(context.caller)),

      create: os.connections.create.handler(async ({ context, input }) => {
        const scope = context.caller;
        const integration = await integrationOf(scope, input.slug);
        const method = methodFor(integration, input.methodId, (one) => one.type !== "oauth2");
        if (input.conversationId !== undefined) await agent.conversations.get(scope, input.conversationId);
        const before = input.connectionId === undefined ? undefined : await asItIs(scope, input.connectionId);
        const connection = await connections
          .connectWithSecrets(scope, {
            integrationId: integration.id,
            methodId: method.id,
            secrets: input.secrets,
            variables: input.variables,
            label: input.label,
            connectionId: input.connectionId,
          })
          .catch((error: unknown) => {
            throw withFieldNames(error, method);
          });
        const proof = await house.prove(scope, connection.id);
        if (!proof.ok && refusals.has(proof.code)) {
          // A key the service does not accept is not kept: the form is still there to be filled in anew.
          if (before) await connections.goBack(scope, connection.id, before.version, before.connection);
          else await connections.disconnect(scope, connection.id);
          throw new Problem("credential_refused", { integration: integration.name, status: 401 });
        }
        const told =
          input.conversationId === undefined
            ? proof
            : await agent.continueAfterSignIn(scope, input.conversationId, {
                connectionId: connection.id,
                proof,
                ...(input.cardId === undefined ? {} : { cardId: input.cardId }),
              });
        return { connection: await connections.get(scope, connection.id), proof: told };
      }),

      versions: os.connections.versions.handler(({ context, input }) => connections.versions(context.caller, input.id)),
      goBack: os.connections.goBack.handler(async ({ context, input }) => {
        await connections.goBack(context.caller, input.id, input.version);
        const proof = await house.prove(context.caller, input.id);
        return { connection: await connections.get(context.caller, input.id), proof };
      }),

      test: os.connections.test.handler(({ context, input }) => house.prove(context.caller, input.id)),
      pause: os.connections.pause.handler(({ context, input }) => connections.pause(context.caller, input.id)),
      resume: os.connections.resume.handler(({ context, input }) => connections.resume(context.caller, input.id)),
      rename: os.connections.rename.handler(({ context, input }) =>
        connections.rename(context.caller, input.id, input.label),
      ),
      setDefault: os.connections.setDefault.handler(({ context, input }) =>
        connections.setDefault(context.caller, input.id),
      ),
      delete: os.connections.delete.handler(async ({ context, input }) => {
        await connections.disconnect(context.caller, input.id);
        return done;
      }),
      providers: os.connections.providers.handler(({ context }) => providersFor(context.caller)),
    },

    providers: {
      get: os.providers.get.handler(async ({ context, input }) => {
        const provider = (await providersFor(context.caller)).find((one) => one.slug === input.slug);
        if (!provider) throw new Problem("not_found", { what: "service" });
        const auth =
          provider.integrationId === null
            ? (catalogue.entries.find((entry) => entry.slug === input.slug)?.auth ?? [])
            : (await integrationOf(context.caller, input.slug)).auth;
        return { ...provider, auth, redirectUri: connections.redirectUri(input.slug) };
      }),

      status: os.providers.status.handler(async ({ context }) => {
        const all = await providersFor(context.caller);
        const byCategory = Map.groupBy(all, (one) => one.category ?? "other");
        const asking = (await connections.list(context.caller)).filter((one) => one.enabled && asksAgain(one));
        const connectedIn = (list: Provider[]) => list.filter((one) => one.connected > 0).length;
        return {
          total: all.length,
          connected: connectedIn(all),
          byCategory: [...byCategory].map(([category, list]) => ({
            category,
            total: list.length,
            connected: connectedIn(list),
          })),
          signInAgain: asking.map(({ id, slug, label, statusReason }) => ({
            connectionId: id,
            slug,
            label,
            reason: statusReason,
            url: `${house.publicUrl()}/integrations/${slug}`,
          })),
        };
      }),
    },

    oauth: {
      start: os.oauth.start.handler(async ({ context, input }) => {
        const integration = await integrationOf(context.caller, input.slug);
        const method = methodFor(integration, input.methodId, (one) => one.type === "oauth2");
        if (input.conversationId !== undefined) await agent.conversations.get(context.caller, input.conversationId);
        const { url } = await connections.startOAuth(context.caller, {
          integrationId: integration.id,
          methodId: method.id,
          variables: input.variables,
          returnTo: input.returnTo,
          sessionToken: context.caller.sessionToken,
          connectionId: input.connectionId,
          cardId: input.cardId,
          conversationId: input.conversationId,
        });
        if (!input.signIn) return { url };
        const { token } = await house.people.makeLink(context.caller, url);
        return { url: `${house.publicUrl()}/sign-in?link=${token}` };
      }),

      device: os.oauth.device.handler(async ({ context, input, signal }) => {
        const integration = await integrationOf(context.caller, input.slug);
        const method = methodFor(integration, input.methodId, (one) => one.type === "oauth2");
        const { finish, ...shown } = await connections.startDevice(context.caller, {
          integrationId: integration.id,
          methodId: method.id,
          variables: input.variables,
          connectionId: input.connectionId,
        });
        return told(
          context,
          storyOf<typeof shown, ConnectionProof>(async (tell, ended) => {
            tell(shown);
            const connection = await finish(signal ? AbortSignal.any([signal, ended]) : ended);
            const proof = await house.prove(context.caller, connection.id);
            return { connection: await connections.get(context.caller, connection.id), proof };
          }),
        );
      }),

      availability: os.oauth.availability.handler(({ context }) => connections.availability(context.caller)),
    },

    oauthApps: {
      list: os.oauthApps.list.handler(({ context }) => connections.clients.list(context.caller)),
      save: os.oauthApps.save.handler(({ context, input }) => connections.clients.save(context.caller, input)),
      delete: os.oauthApps.delete.handler(async ({ context, input }) => {
        await connections.clients.remove(context.caller, input.slug);
        return done;
      }),
      setup: os.oauthApps.setup.handler(({ context, input }) => connections.clients.setup(context.caller, input.slug)),
    },
  };
}

/** What the proof says when the service does not know the key, as opposed to being down or forbidding this one read. */
const refusals = new Set(["refused", "credential_refused"]);

function methodFor(
  integration: Integration,
  id: string | undefined,
  fits: (method: AuthMethod) => boolean,
): AuthMethod {
  const method = id === undefined ? integration.auth.find(fits) : integration.auth.find((one) => one.id === id);
  if (!method) {
    const known = integration.auth.filter(fits).map((one) => one.id);
    const detail =
      known.length > 0 ? `methodId must be one of ${known.join(", ")}.` : "there is no such way to sign in.";
    throw new Problem("input_invalid", { detail });
  }
  return method;
}

/** Says beside each missing field's label the name it is sent by. */
function withFieldNames(error: unknown, method: AuthMethod): unknown {
  if (!isProblem(error, "credential_incomplete")) return error;
  const fields = error.facts.fields.map((label) => {
    const name = typedFields(method).find((one) => one.label === label)?.name;
    return name === undefined ? label : `${label} (${name})`;
  });
  return new Problem("credential_incomplete", { fields });
}

/** Always there, and made from its document like any other. */
const practiceService: Provider = {
  slug: "practice",
  name: "Practice service",
  description: "A small kanban board on this machine, to try things on.",
  category: "practice",
  source: "catalogue",
  integrationId: null,
  methods: ["api_key", "oauth2"],
  connected: 0,
};

function fromCatalogue(entry: CommunityConfig): Provider {
  return {
    slug: entry.slug,
    name: entry.name,
    description: entry.description,
    category: entry.category,
    docsUrl: entry.docsUrl,
    icon: iconAddress(entry),
    source: "catalogue",
    integrationId: null,
    methods: [...new Set(entry.auth.map((method) => method.type))],
    connected: 0,
  };
}

function providerOf(one: Integration, connected: number): Provider {
  return {
    slug: one.slug,
    name: one.name,
    description: one.description,
    category: one.category,
    docsUrl: one.docsUrl,
    icon: iconAddress(one),
    source: "integration",
    integrationId: one.id,
    methods: [...new Set(one.auth.map((method) => method.type))],
    connected,
  };
}
