import type { House } from "../../assemble.ts";
import type { Answering } from "../answering.ts";

export function communityAnswers(os: Answering, { community }: House) {
  const procedure = os.community;
  return {
    community: {
      get: procedure.get.handler(({ context }) => community.get(context.caller)),
      setSharing: procedure.setSharing.handler(async ({ context, input: { sharing, slug } }) => {
        await community.setSharing(context.caller, { sharing, ...(slug === undefined ? {} : { slug }) });
        return { ok: true } as const;
      }),
      offer: procedure.offer.handler(({ context, input }) => community.offer(context.caller, input.slug)),
      news: procedure.news.handler(({ context }) => community.news(context.caller)),
      pull: procedure.pull.handler(({ context }) => community.pull(context.caller)),
      install: procedure.install.handler(({ context, input }) => community.install(context.caller, input.slug)),
      rollback: procedure.rollback.handler(({ context }) => community.rollback(context.caller)),
    },
  };
}
