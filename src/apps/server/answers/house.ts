import { version, type House } from "../../assemble.ts";
import type { Answering } from "../answering.ts";

const done = { ok: true } as const;

const withoutGateway = [
  "Tools get the real credential while a call runs, or E2B adds it on the way: a faulty tool could pass it on to the hosts it declares.",
  "Calls are allowed by the words of a command before it runs; what is really sent is not looked at.",
  "A yes is given to the command, not to the request, and nobody records the request's answer.",
  "A sign-in that a service ends in the middle of a call is renewed with the next call only.",
];

export function houseAnswers(os: Answering, house: House) {
  const { people } = house;
  return {
    me: os.me.handler(async ({ context }) => ({ ...(await people.describe(context.caller)), version })),

    settings: {
      get: os.settings.get.handler(async ({ context }) => ({
        publicUrl: house.publicUrl(),
        redirectUri: house.connections.redirectUri("SERVICE"),
        database: house.database.engine,
        sandbox: house.settings.SANDBOX,
        credentialDelivery: house.settings.CREDENTIAL_DELIVERY,
        weaker: house.settings.CREDENTIAL_DELIVERY === "env" ? withoutGateway : [],
        model: await house.models.describe(context.caller),
        practice: house.practice
          ? { url: house.practice.url, documentUrl: house.practice.documentUrl, docsUrl: house.practice.docsUrl }
          : null,
      })),
      setModel: os.settings.setModel.handler(({ context, input }) =>
        house.models.set(context.caller, { apiKey: input.key, name: input.name, baseUrl: input.baseUrl }),
      ),
      removeModel: os.settings.removeModel.handler(({ context }) => house.models.remove(context.caller)),
    },

    keys: {
      list: os.keys.list.handler(({ context }) => people.keys(context.caller)),
      create: os.keys.create.handler(({ context, input }) => people.makeKey(context.caller, input.label)),
      revoke: os.keys.revoke.handler(async ({ context, input }) => {
        await people.revokeKey(context.caller, input.id);
        return done;
      }),
    },

    sessions: {
      link: os.sessions.link.handler(async ({ context }) => {
        const { token, expiresAt } = await people.makeLink(context.caller);
        return { url: `${house.publicUrl()}/sign-in?link=${token}`, expiresAt };
      }),
      end: os.sessions.end.handler(async ({ context }) => {
        await people.endSession(context.caller);
        context.signedOut();
        return done;
      }),
    },

    activity: {
      list: os.activity.list.handler(({ context, input }) => house.records.activity(context.caller, input)),
    },

    wanted: {
      list: os.wanted.list.handler(({ context, input }) => house.records.wanted(context.caller, input.limit)),
    },
  };
}
