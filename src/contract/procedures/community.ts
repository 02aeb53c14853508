import { oc } from "@orpc/contract";
import { z } from "zod";
import { Slug } from "../integration.ts";
import { Offer, Sharing } from "../offer.ts";
import { Nothing } from "./shapes.ts";

const route = { tags: ["Community"] };
const slug = Slug.meta({ examples: ["trello"] });

const Registry = z.object({
  commit: z.string(),
  pulledAt: z.date(),
  installed: z.boolean().describe("Whether it is the catalogue of this server"),
});

const News = z.object({
  slug: z.string(),
  name: z.string(),
  change: z.enum(["new", "changed", "same"]),
  /** Operations that were not there before; they ask a person first. */
  added: z.array(z.string()),
  hosts: z.array(z.string()).describe("Hosts that were not reached before"),
  /** `available`: can be connected; `current`: mine is this one; `asks`: wants my yes, because it could do more than before; `kept`: mine is my own. */
  here: z.enum(["available", "current", "asks", "kept"]),
});
export type News = z.infer<typeof News>;

/** Sharing proven tools with everyone, and what others shared. */
export const community = {
  get: oc
    .route({ ...route, method: "GET", path: "/community", summary: "Sharing, offers and the community's catalogue" })
    .output(
      z.object({
        /** Null: this server has no community repository. */
        repository: z
          .object({ name: z.string(), offers: z.boolean().describe("Whether it can offer tools there") })
          .nullable(),
        sharing: Sharing,
        offers: z.array(Offer),
        registry: Registry.nullable(),
      }),
    ),

  setSharing: oc
    .route({
      ...route,
      method: "PUT",
      path: "/community/sharing",
      summary: "Share proven tools, or not",
      description: "For all tools; with `slug` for one, where null means: as for all.",
    })
    .input(
      z
        .object({ sharing: z.enum(["on", "off"]).nullable(), slug: slug.optional() })
        .refine((o) => o.sharing !== null || o.slug !== undefined, { message: "say on or off" }),
    )
    .output(Nothing),

  offer: oc
    .route({
      ...route,
      method: "POST",
      path: "/community/offers/{slug}",
      summary: "Offer a proven tool now, or once more",
    })
    .input(z.object({ slug }))
    .output(Offer),

  news: oc
    .route({ ...route, method: "GET", path: "/community/news", summary: "What is new in the community's catalogue" })
    .output(z.array(News)),

  pull: oc
    .route({
      ...route,
      method: "POST",
      path: "/community/pull",
      summary: "Look for news in the community repository now",
    })
    .output(z.object({ commit: z.string(), isNew: z.boolean() })),

  install: oc
    .route({
      ...route,
      method: "POST",
      path: "/community/install/{slug}",
      summary: "Take over the community's version of one integration",
      description: "Operations that were not there before ask first; new hosts ask for a new sign-in.",
    })
    .input(z.object({ slug }))
    .output(z.object({ version: z.number() })),

  rollback: oc
    .route({
      ...route,
      method: "POST",
      path: "/community/rollback",
      summary: "Go back to the catalogue before the last pull",
    })
    .output(z.object({ commit: z.string().nullable() })),
};
