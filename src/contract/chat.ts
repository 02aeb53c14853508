import { z } from "zod";
import { BuildAnswer, BuildCard } from "./build.ts";
import { Approval } from "./approval.ts";
import { SecretField, UrlVariable } from "./auth-method.ts";
import { RequestBrief } from "./request-line.ts";

/** A step of building a tool, told as it happens: "found the document", "324 operations", "wrote the tool". */
export const BuildStep = z.object({
  step: z.string(),
  detail: z.string().optional(),
  ms: z.number().optional(),
  state: z.enum(["running", "done", "failed"]),
});
export type BuildStep = z.infer<typeof BuildStep>;

/** Shows a form or a sign-in link. What is typed there goes to the vault, never into the conversation. */
export const SignInCard = z.object({
  cardId: z.string(),
  integration: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
  methods: z.array(
    z.object({
      id: z.string(),
      type: z.enum(["oauth2", "api_key", "bearer_token", "basic", "none"]),
      label: z.string(),
      help: z.string().optional(),
      helpUrl: z.string().optional(),
      fields: z.array(SecretField.pick({ name: true, label: true, help: true, helpUrl: true, optional: true })),
      variables: z.array(UrlVariable),
      /** oauth2: whether a client is there; when not, what to register. */
      available: z.boolean(),
      redirectUri: z.string().optional(),
      setup: z.object({ createUrl: z.string().optional(), steps: z.array(z.string()) }).optional(),
    }),
  ),
  reason: z.string().optional(),
  /** Signs this account in again, in place of adding one; `scopes` are asked for beside those it has. */
  again: z.object({ connectionId: z.string(), label: z.string(), scopes: z.array(z.string()) }).optional(),
});
export type SignInCard = z.infer<typeof SignInCard>;

/** Numbers as a picture: bars for counts, a line for a series. The same numbers stand in a table for who cannot see it. */
export const Chart = z.object({
  title: z.string(),
  kind: z.enum(["bar", "line"]),
  labels: z.array(z.string()),
  series: z.array(z.object({ name: z.string(), values: z.array(z.number().nullable()) })),
  unit: z.string().optional(),
});
export type Chart = z.infer<typeof Chart>;

/** Asks the person for a yes that no model can give: to a newer version, or to operations that only read. */
export const ConsentCard = z.object({
  cardId: z.string(),
  integration: z.object({ slug: z.string(), name: z.string() }),
  question: z.string(),
  /** What a yes changes, a line each. */
  lines: z.array(z.string()),
  /** Files that a yes changes, each with its whole difference: hunks of the unified form, every line under its sign. */
  changes: z.array(z.object({ name: z.string(), diff: z.string() })).optional(),
  about: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("update"), versionId: z.string() }),
    z.object({ kind: z.literal("reads"), operations: z.array(z.string()) }),
  ]),
});
export type ConsentCard = z.infer<typeof ConsentCard>;

/**
 * What happened in a conversation, in order; `seq` counts from 1 without gaps. The page and the terminal draw these and
 * nothing else: whoever reconnects asks for those after the last `seq` it has.
 */
export const ChatEventBody = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("user_message"),
    messageId: z.string(),
    text: z.string(),
    /** Files put into the conversation with these words. */
    files: z.array(z.string()).optional(),
    /** Said in place of an earlier message: that one and all behind it are no longer part of the conversation. */
    instead: z.string().optional(),
  }),
  z.object({ type: z.literal("turn_started"), turnId: z.string() }),
  /** A piece of the agent's text; pieces of one `messageId` are joined. */
  z.object({ type: z.literal("text"), messageId: z.string(), text: z.string() }),
  z.object({
    type: z.literal("tool_started"),
    callId: z.string(),
    tool: z.string(),
    title: z.string(),
    input: z.unknown(),
  }),
  z.object({
    type: z.literal("tool_output"),
    callId: z.string(),
    stream: z.enum(["stdout", "stderr"]),
    text: z.string(),
  }),
  z.object({
    type: z.literal("tool_ended"),
    callId: z.string(),
    ok: z.boolean(),
    ms: z.number(),
    result: z.string(),
    file: z.string().optional(),
    cut: z.boolean().optional(),
    requests: z.array(RequestBrief).optional(),
  }),
  z.object({ type: z.literal("build_step"), callId: z.string() }).extend(BuildStep.shape),
  z.object({ type: z.literal("sign_in_needed"), card: SignInCard }),
  z.object({
    type: z.literal("connected"),
    cardId: z.string().optional(),
    connectionId: z.string(),
    slug: z.string(),
    label: z.string(),
    /** The live read that worked. */
    proof: z.object({ operation: z.string(), ms: z.number() }).optional(),
  }),
  z.object({
    type: z.literal("sign_in_failed"),
    cardId: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  z.object({ type: z.literal("consent_asked"), card: ConsentCard }),
  z.object({ type: z.literal("consent_ended"), cardId: z.string(), answer: z.enum(["yes", "no"]) }),
  z.object({ type: z.literal("approval_asked"), approval: Approval }),
  z.object({
    type: z.literal("approval_ended"),
    approvalId: z.string(),
    status: z.enum(["approved", "denied", "expired"]),
  }),
  /** "Ready to build?": answered with yes or no, once; a newer one takes the place of an older. */
  z.object({ type: z.literal("build_asked"), card: BuildCard }),
  z.object({ type: z.literal("build_answered"), buildId: z.string(), answer: BuildAnswer }),
  /** Asked once in a house: whether proven tools are shared with everyone. The answer goes to `community.setSharing`, not to the model. */
  z.object({ type: z.literal("sharing_asked"), repository: z.string() }),
  /** Buttons on the page, numbers in the terminal; choosing one sends its `say` as the next message. */
  z.object({
    type: z.literal("choices"),
    question: z.string(),
    choices: z.array(z.object({ label: z.string(), hint: z.string().optional(), say: z.string() })),
  }),
  z.object({ type: z.literal("chart"), chart: Chart }),
  z.object({
    type: z.literal("usage"),
    inputTokens: z.number(),
    cachedTokens: z.number(),
    outputTokens: z.number(),
    model: z.string(),
  }),
  z.object({
    type: z.literal("turn_ended"),
    turnId: z.string(),
    outcome: z.enum(["done", "stopped", "cut", "failed"]),
    code: z.string().optional(),
    message: z.string().optional(),
  }),
]);
export type ChatEventBody = z.infer<typeof ChatEventBody>;

export const ChatEvent = z.object({ seq: z.number().int(), at: z.date(), body: ChatEventBody });
export type ChatEvent = z.infer<typeof ChatEvent>;

export const Conversation = z.object({
  id: z.string(),
  title: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
  running: z.boolean(),
});
export type Conversation = z.infer<typeof Conversation>;
