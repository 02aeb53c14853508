import { communityFiles } from "../../../contract/community.ts";
import type { Connection } from "../../../contract/connection.ts";
import type { Integration } from "../../../contract/integration.ts";
import type { IntegrationSummary, Jack } from "../../../contract/procedures/shapes.ts";
import { Problem } from "../../../contract/problem.ts";
import type { BuildStep } from "../../../contract/chat.ts";
import type { Scope } from "../../../contract/scope.ts";
import type { House } from "../../assemble.ts";
import { unifiedDiff } from "../../../integrations/unified-diff.ts";
import { told, type Answering } from "../answering.ts";
import { storyOf } from "../story.ts";
import { iconAddress } from "../icons.ts";
import { integrationDetailAnswers } from "./integration-detail.ts";

type Step = import("zod").infer<typeof BuildStep>;

export function integrationAnswers(os: Answering, house: House) {
  const { library, connections } = house;
  const procedure = os.integrations;

  const summaryBySlug = async (scope: Scope, slug: string) => {
    const integration = await library.get(scope, { slug });
    return summaryOf(integration, await accountsOf(scope, integration.id));
  };
  const accountsOf = async (scope: Scope, integrationId: string) =>
    (await connections.list(scope)).filter((one) => one.integrationId === integrationId);

  /** Builds, and hands back what to show: the integration and what signing in asks for. */
  const build = async (scope: Scope, wish: Parameters<House["builder"]["build"]>[1], o: BuildOptions) => {
    const built = await house.builder.build(scope, wish, o);
    if ("kind" in built) throw new Problem("docs_need_model", { url: built.url });
    const update = await library.updateTo(scope, built);
    return {
      integration: update
        ? await summaryBySlug(scope, built.slug)
        : summaryOf(built, await accountsOf(scope, built.id)),
      card: await connections.signInCard(scope, built.id),
      ...(update ? { update } : {}),
    };
  };

  const ruled = async (scope: Scope, slug: string) => {
    await house.runs.policiesChanged(scope.tenantId);
    return summaryBySlug(scope, slug);
  };

  return {
    integrations: {
      ...integrationDetailAnswers(os, house),

      summary: procedure.summary.handler(({ context, input }) => summaryBySlug(context.caller, input.slug)),

      list: procedure.list.handler(async ({ context }) => {
        const [all, accounts] = await Promise.all([library.list(context.caller), connections.list(context.caller)]);
        return all.map((one) =>
          summaryOf(
            one,
            accounts.filter((account) => account.integrationId === one.id),
          ),
        );
      }),

      get: procedure.get.handler(async ({ context, input }) => {
        const integration = await library.get(context.caller, { slug: input.slug });
        const [accounts, detail] = await Promise.all([
          accountsOf(context.caller, integration.id),
          library.detail(context.caller, integration),
        ]);
        return { ...summaryOf(integration, accounts), auth: integration.auth, ...detail };
      }),

      create: procedure.create.handler(async ({ context, input, signal }) => {
        const steps: Step[] = [];
        const made = await build(context.caller, input, {
          onStep: (step) => void (step.state === "running" || steps.push(step)),
          ...(signal ? { signal } : {}),
        });
        return { ...made, steps };
      }),

      build: procedure.build.handler(({ context, input, signal }) =>
        told(
          context,
          storyOf<Step, Awaited<ReturnType<typeof build>>>((tell, ended) =>
            build(context.caller, input, { onStep: tell, signal: signal ? AbortSignal.any([signal, ended]) : ended }),
          ),
        ),
      ),

      signInCard: procedure.signInCard.handler(async ({ context, input }) => {
        const { id } = await library.get(context.caller, { slug: input.slug });
        const { connectionId } = input;
        return connections.signInCard(context.caller, id, connectionId === undefined ? {} : { connectionId });
      }),

      versions: procedure.versions.handler(({ context, input }) => library.versions(context.caller, input.slug)),

      update: procedure.update.handler(async ({ context, input: { slug, url, document, baseUrl }, signal }) => {
        const steps: Step[] = [];
        const built = await house.builder.update(
          context.caller,
          slug,
          {
            ...(url === undefined ? {} : { url }),
            ...(document === undefined ? {} : { document }),
            ...(baseUrl === undefined ? {} : { baseUrl }),
          },
          { onStep: (step) => void (step.state === "running" || steps.push(step)), ...(signal ? { signal } : {}) },
        );
        return { steps, update: (await library.updateTo(context.caller, built)) ?? null };
      }),

      difference: procedure.difference.handler(({ context, input }) =>
        library.difference(context.caller, input.slug, input.versionId),
      ),

      publish: procedure.publish.handler(async ({ context, input }) => {
        await house.useNewer(context.caller, input.slug, input.versionId);
        return ruled(context.caller, input.slug);
      }),

      discard: procedure.discard.handler(async ({ context, input }) => {
        await library.discard(context.caller, input.slug, input.versionId);
        return { ok: true } as const;
      }),

      confirmReads: procedure.confirmReads.handler(async ({ context, input: { slug, ...said } }) => {
        await library.confirmReads(context.caller, slug, said);
        return ruled(context.caller, slug);
      }),

      retractReads: procedure.retractReads.handler(async ({ context, input }) => {
        await library.retractReads(context.caller, input.slug, input.operations);
        return ruled(context.caller, input.slug);
      }),

      rollback: procedure.rollback.handler(async ({ context, input }) => {
        await library.rollback(context.caller, input.slug, input.versionId);
        return summaryBySlug(context.caller, input.slug);
      }),

      test: procedure.test.handler(async ({ context, input }) => {
        const integration = await library.get(context.caller, { slug: input.slug });
        const accounts = await accountsOf(context.caller, integration.id);
        const account = accounts.find((one) => one.isDefault) ?? accounts[0];
        if (!account) throw new Problem("not_connected", { integration: integration.name });
        return house.prove(context.caller, account.id);
      }),

      health: procedure.health.handler(async ({ context, input }) => {
        const { id, versionId, slug } = await library.get(context.caller, { slug: input.slug });
        return house.records.health(context.caller, { integrationId: id, versionId, slug, days: input.days });
      }),

      offer: procedure.offer.handler(async ({ context, input }) => {
        const { files, there, refusals } = await house.community.preview(context.caller, { slug: input.slug });
        const paths = communityFiles.map((name) => ({ name, path: `integrations/${input.slug}/${name}` }));
        return {
          files: paths.map(({ name, path }) => ({ path, content: files[name] })),
          diff: paths.map(({ name, path }) => unifiedDiff(path, there?.[name], files[name])).join(""),
          refused: refusals,
        };
      }),

      delete: procedure.delete.handler(async ({ context, input }) => {
        const integration = await library.get(context.caller, { slug: input.slug });
        for (const account of await accountsOf(context.caller, integration.id)) {
          await connections.disconnect(context.caller, account.id);
        }
        await library.remove(context.caller, integration.id);
        return { ok: true } as const;
      }),
    },
  };
}

type BuildOptions = { onStep: (step: Step) => void; signal?: AbortSignal };

export function summaryOf(integration: Integration, connections: Connection[]): IntegrationSummary {
  const { permissions, auth: _auth, variables: _variables, versionId: _versionId, ...shown } = integration;
  return {
    ...shown,
    reads: permissions.readOps.length,
    writes: permissions.writeOps.length,
    jack: jackOf(connections),
    icon: iconAddress(integration),
    connections,
  };
}

/** The sign-in has ended, or lacks what a request needed. */
export const asksAgain = (one: Connection) => one.status === "sign_in_again" || one.metadata["scope_gap"] !== undefined;

function jackOf(connections: Connection[]): Jack {
  const live = connections.filter((one) => one.enabled);
  if (live.some(asksAgain)) return "asking";
  if (live.some((one) => one.status === "connected" && one.provenAt)) return "answering";
  return connections.length > 0 ? "connected" : "known";
}
