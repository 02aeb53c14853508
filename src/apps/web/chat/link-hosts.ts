import { useCallback, useMemo } from "react";
import { api } from "../api.ts";
import { useData } from "../use-data.ts";
import { hostsIn } from "./hosts-in.ts";
import type { Block } from "./transcript.ts";

/** Whether a link of this conversation leads where a connected integration calls, or where the person has pointed to. */
export function useLinkHosts(blocks: readonly Block[]): (host: string) => boolean {
  const { data = [] } = useData(() => api.integrations.list({}), "integrations-of-links");
  const declared = data.filter((one) => one.connections.length > 0).flatMap((one) => one.hosts);
  const key = [location.host, ...declared].join(" ");
  const said = blocks.flatMap((one) => (one.kind === "user" ? [one.text] : [])).join("\n");
  const known = useMemo(() => new Set([...key.split(" "), ...hostsIn(said)]), [key, said]);
  return useCallback((host: string) => known.has(host), [known]);
}
