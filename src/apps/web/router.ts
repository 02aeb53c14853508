import { useSyncExternalStore } from "react";

export type Place =
  | { page: "chat"; conversationId?: string }
  | { page: "integrations" }
  | { page: "settings" }
  | { page: "missing" };

/** Where the person is, from the address. */
export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, () => location.pathname));
}

export function placeOf(path: string): Place {
  if (path === "/") return { page: "chat" };
  const conversation = /^\/c\/([0-9a-f-]{36})$/.exec(path)?.[1];
  if (conversation) return { page: "chat", conversationId: conversation };
  if (path === "/integrations") return { page: "integrations" };
  if (path === "/settings") return { page: "settings" };
  return { page: "missing" };
}

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
