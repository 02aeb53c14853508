import { zipSync } from "fflate";
import { communityFiles } from "../../../contract/community.ts";
import { Problem } from "../../../contract/problem.ts";
import type { Scope } from "../../../contract/scope.ts";
import type { House } from "../../assemble.ts";
import type { Answering } from "../answering.ts";

/** One integration in its parts. */
export function integrationDetailAnswers(os: Answering, { library, policies }: House) {
  const procedure = os.integrations;
  return {
    operations: procedure.operations.handler(({ context, input }) => library.operations(context.caller, input.slug)),

    decide: procedure.decide.handler(async ({ context, input }) => {
      const find = async () =>
        (await library.operations(context.caller, input.slug)).find((one) => one.name === input.operation);
      const known = await find();
      const { id: integrationId } = await library.get(context.caller, { slug: input.slug });
      if (!known) throw new Problem("not_found", { what: `operation "${input.operation}"` });
      const { operation, decision } = input;
      await policies.decide(context.caller, { integrationId, operation, decision });
      return (await find()) ?? known;
    }),

    files: procedure.files.handler(async ({ context, input }) => {
      const { integration, contents } = await library.files(context.caller, input.slug, input.versionId);
      const files = communityFiles.map((name) => ({ name, content: contents[name] }));
      return { version: integration.version, files };
    }),

    export: procedure.export.handler(({ context, input }) => archive(context.caller, input)),
    compare: procedure.compare.handler(({ context, input }) => library.compare(context.caller, input.slug, input)),
  };

  async function archive(scope: Scope, { slug, versionId }: { slug: string; versionId?: string }): Promise<File> {
    const { integration, contents } = await library.files(scope, slug, versionId);
    const entries = communityFiles.map(
      (name) => [`${slug}/${name}`, new TextEncoder().encode(contents[name])] as const,
    );
    // The same version gives the same bytes: no time of day in it. (The form knows no time before 1980.)
    const zip = zipSync(Object.fromEntries(entries), { mtime: new Date(1980, 0, 1, 12) });
    return new File([new Uint8Array(zip)], `${slug}-${integration.version}.zip`, { type: "application/zip" });
  }
}
