import { useSyncExternalStore } from "react";

export type Place =
  | { page: "chat"; conversationId?: string }
  | { page: "integrations" }
  | { page: "integration"; slug: string; part: IntegrationPart }
  | { page: "activity" }
  | { page: "wanted" }
  | { page: "settings"; part: SettingsPart }
  | { page: "waiting" }
  | { page: "missing" };

const integrationParts = ["operations", "instructions", "code", "versions", "health", "sharing"] as const;
export type IntegrationPart = (typeof integrationParts)[number];
const settingsParts = ["general", "keys", "policies", "oauth-apps"] as const;
export type SettingsPart = (typeof settingsParts)[number];

/** Where the person is, from the address. */
export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, () => location.pathname));
}

export function placeOf(path: string): Place {
  if (path === "/") return { page: "chat" };
  const conversation = /^\/c\/([0-9a-f-]{36})$/.exec(path)?.[1];
  if (conversation) return { page: "chat", conversationId: conversation };
  if (path === "/waiting") return { page: "waiting" };
  const [, page, first, second, ...more] = path.split("/");
  if (more.length > 0) return { page: "missing" };
  if (page === "integrations") return integrationPlace(first, second);
  if (page === "activity" && first === undefined) return { page: "activity" };
  if (page === "most-wanted" && first === undefined) return { page: "wanted" };
  if (page === "settings" && second === undefined) {
    const part = settingsParts.find((one) => one === (first ?? "general"));
    if (part) return { page: "settings", part };
  }
  return { page: "missing" };
}

function integrationPlace(slug: string | undefined, second: string | undefined): Place {
  if (slug === undefined) return { page: "integrations" };
  const part = integrationParts.find((one) => one === (second ?? "operations"));
  return /^[a-z][a-z0-9-]*$/.test(slug) && part ? { page: "integration", slug, part } : { page: "missing" };
}

/** The first part of each has the short address. */
export const addressOf = {
  integration: (slug: string, part: IntegrationPart = "operations") =>
    part === "operations" ? `/integrations/${slug}` : `/integrations/${slug}/${part}`,
  settings: (part: SettingsPart = "general") => (part === "general" ? "/settings" : `/settings/${part}`),
};

export function go(path: string, o: { replace?: boolean } = {}): void {
  if (path === location.pathname) return;
  if (o.replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

function subscribe(changed: () => void): () => void {
  addEventListener("popstate", changed);
  return () => removeEventListener("popstate", changed);
}
