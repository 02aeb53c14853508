import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { BuildAnswer } from "../build.ts";
import { ChatEvent, Conversation } from "../chat.ts";
import { showHidden } from "../marked-data.ts";
import { RawRequest } from "../request-line.ts";
import { Id, Nothing } from "./shapes.ts";

const ofConversation = z.object({ id: Id });

/** Stands in lists, in a terminal and before a model: nothing in it may hide, or begin a line of its own. */
const FileName = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (name) => showHidden(name) === name && !/[\n\t]/.test(name),
    "a name without line ends and hidden characters",
  );

/** Talking with the agent. What happens in a conversation is told by its events, in order and without a gap. */
export const conversations = {
  create: oc
    .route({ method: "POST", path: "/conversations", tags: ["Conversations"], summary: "Start a conversation" })
    .input(
      z.object({
        title: z
          .string()
          .trim()
          .min(1)
          .max(200)
          .optional()
          .meta({ examples: ["My boards"] }),
      }),
    )
    .output(Conversation),

  list: oc
    .route({
      method: "GET",
      path: "/conversations",
      tags: ["Conversations"],
      summary: "My conversations, newest first",
    })
    .input(
      z.object({
        search: z.string().trim().max(200).optional().describe("Only those in whose name or words this stands"),
      }),
    )
    .output(z.array(Conversation)),

  rename: oc
    .route({ method: "PATCH", path: "/conversations/{id}", tags: ["Conversations"], summary: "Rename a conversation" })
    .input(ofConversation.extend({ title: z.string().trim().min(1).max(200) }))
    .output(Nothing),

  delete: oc
    .route({
      method: "DELETE",
      path: "/conversations/{id}",
      tags: ["Conversations"],
      summary: "Delete a conversation with its files",
    })
    .input(ofConversation)
    .output(Nothing),

  say: oc
    .route({
      method: "POST",
      path: "/conversations/{id}/messages",
      tags: ["Conversations"],
      summary: "Say something",
      description: "Returns at once; the answer comes as events. Never put a key or a password into `text`.",
    })
    .input(
      ofConversation.extend({
        text: z
          .string()
          .trim()
          .min(1)
          .max(100_000)
          .meta({ examples: ["connect me to the practice service"] }),
        files: z.array(FileName).max(20).optional().describe("Files saved here before, to go with it"),
        instead: z
          .string()
          .max(100)
          .optional()
          .describe("A message of yours that this takes the place of; what came after it is left behind"),
      }),
    )
    .output(z.object({ turnId: z.string() })),

  decideBuild: oc
    .route({
      method: "POST",
      path: "/conversations/{id}/builds/{buildId}",
      tags: ["Conversations"],
      summary: 'Answer "Ready to build?"',
      description:
        "A yes allows the hosts and the sign-in that the card shows, and no other; the agent then writes the tool. Answered once.",
    })
    .input(ofConversation.extend({ buildId: Id, answer: BuildAnswer }))
    .output(Nothing),

  stop: oc
    .route({ method: "POST", path: "/conversations/{id}/stop", tags: ["Conversations"], summary: "Stop the answer" })
    .input(ofConversation)
    .output(Nothing),

  consent: oc
    .route({
      method: "POST",
      path: "/conversations/{id}/consent",
      tags: ["Conversations"],
      summary: "Answer a question about a newer version, or about operations that only read",
      description: "A yes takes effect at once. Answered once, it stays answered.",
    })
    .input(ofConversation.extend({ cardId: z.string().min(1).max(100), answer: z.enum(["yes", "no"]) }))
    .output(Nothing),

  events: oc
    .route({
      method: "GET",
      path: "/conversations/{id}/events",
      tags: ["Conversations"],
      summary: "Follow a conversation",
      description:
        "A server-sent event stream: everything after `after` (or after the Last-Event-ID header), then what happens from now on.",
    })
    .input(
      ofConversation.extend({
        after: z.coerce.number().int().min(0).default(0).describe("The last `seq` you have; 0 for all."),
      }),
    )
    .output(eventIterator(ChatEvent)),

  past: oc
    .route({
      method: "GET",
      path: "/conversations/{id}/past",
      tags: ["Conversations"],
      summary: "What happened in a conversation so far",
      description: "Up to 2,000 events after `after`, at once; ask again with the last `seq` until none comes.",
    })
    .input(ofConversation.extend({ after: z.coerce.number().int().min(0).default(0) }))
    .output(z.array(ChatEvent)),

  requests: oc
    .route({
      method: "GET",
      path: "/conversations/{id}/requests",
      tags: ["Conversations"],
      summary: "What one tool call sent and got, raw",
      description: "Without credentials: they are added behind this, and taken out of what comes back.",
    })
    .input(ofConversation.extend({ callId: z.string().min(1).max(200) }))
    .output(z.array(RawRequest)),

  files: oc
    .route({
      method: "GET",
      path: "/conversations/{id}/files",
      tags: ["Conversations"],
      summary: "Files made in a conversation",
    })
    .input(ofConversation)
    .output(z.array(z.object({ path: z.string(), bytes: z.number() }))),

  file: oc
    .route({
      method: "GET",
      path: "/conversations/{id}/file",
      tags: ["Conversations"],
      summary: "Read one file of a conversation",
    })
    .input(
      ofConversation.extend({
        path: z
          .string()
          .min(1)
          .max(500)
          .meta({ examples: ["names.txt"] }),
      }),
    )
    .output(z.object({ path: z.string(), bytes: z.number(), text: z.string() })),

  saveFile: oc
    .route({
      method: "PUT",
      path: "/conversations/{id}/file",
      tags: ["Conversations"],
      summary: "Put a file into a conversation",
    })
    .input(ofConversation.extend({ path: FileName, text: z.string().max(10_000_000) }))
    .output(Nothing),
};
