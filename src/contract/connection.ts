import { z } from "zod";

/** `sign_in_again`: the service ended the sign-in; `failing`: the service or network is in trouble, the credential is kept. */
export const ConnectionStatus = z.enum(["connected", "sign_in_again", "failing", "pending"]);
export type ConnectionStatus = z.infer<typeof ConnectionStatus>;

/** One account at one service, owned by a person in a tenant. Never holds a secret. */
export const Connection = z.object({
  id: z.string(),
  integrationId: z.string(),
  slug: z.string(),
  personId: z.string(),
  /** Names the account, e.g. an e-mail address; from the identity call or the person. */
  label: z.string(),
  authMethodId: z.string(),
  /** Values of URL variables and facts kept from the sign-in (instance URL, realm). */
  metadata: z.record(z.string(), z.string()),
  scopes: z.array(z.string()),
  expiresAt: z.date().nullable(),
  enabled: z.boolean(),
  isDefault: z.boolean(),
  status: ConnectionStatus,
  statusReason: z.string().nullable(),
  /** When the server itself made a read that worked: the proof. */
  provenAt: z.date().nullable(),
  createdAt: z.date(),
});
export type Connection = z.infer<typeof Connection>;

/** The four states of the jack: ○ known, ● connected, ◉ answering, ◎ asks for you. */
export const jacks = { known: "○", connected: "●", answering: "◉", asking: "◎" } as const;
