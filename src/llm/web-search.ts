import Anthropic, { APIError } from "@anthropic-ai/sdk";
import type { SearchEvent } from "./model.ts";

/** `auto`: at Anthropic's own address, and where the endpoint says of the model that it can; `on`: tried anywhere. */
export type SearchSetting = "auto" | "on" | "off";

/** The tool as every model that searches knows it; newer ones want to run code as well. */
export const webSearch = (maxUses: number): Anthropic.WebSearchTool20250305 => ({
  type: "web_search_20250305",
  name: "web_search",
  max_uses: maxUses,
});

export const anthropicAddress = "https://api.anthropic.com";

/**
 * What is known of the endpoints of this process: whether each offers web search for a model. It is asked once; one that
 * refuses the tool is not offered it again until the next start.
 */
export function knownSearches(setting: SearchSetting = "auto") {
  const offers = new Map<string, Promise<boolean>>();
  const nameOf = (client: Anthropic, model: string) => `${client.baseURL} ${model}`;
  return {
    offers(client: Anthropic, model: string, signal: AbortSignal): Promise<boolean> {
      const name = nameOf(client, model);
      const known = offers.get(name) ?? ask(setting, client, model, signal);
      offers.set(name, known);
      known.catch(() => offers.delete(name)); // was interrupted: another asks again
      return known;
    },
    refused(client: Anthropic, model: string): void {
      offers.set(nameOf(client, model), Promise.resolve(false));
    },
  };
}
export type KnownSearches = ReturnType<typeof knownSearches>;

async function ask(setting: SearchSetting, client: Anthropic, model: string, signal: AbortSignal): Promise<boolean> {
  if (setting !== "auto") return setting === "on";
  if (new URL(client.baseURL).origin === anthropicAddress) return true;
  try {
    const told: unknown = await client.models.retrieve(model, {}, { signal, timeout: 5_000, maxRetries: 0 });
    return saysItSearches(told);
  } catch {
    signal.throwIfAborted();
    return false; // an endpoint that cannot be asked does not say so
  }
}

/** Endpoints of other makers leave out what they like. */
function saysItSearches(told: unknown): boolean {
  const supported = ["capabilities", "server_tools", "web_search", "supported"].reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined),
    told,
  );
  return supported === true;
}

/** True for an answer that may mean: not with this tool. */
export function mayRefuseTool(error: unknown): boolean {
  return error instanceof APIError && [400, 403, 404, 422].includes(Number(error.status));
}

type Block = Anthropic.ContentBlock;

/** What a search found, told with the words that were searched for. */
export function searchEvent(result: Anthropic.WebSearchToolResultBlock, before: readonly Block[]): SearchEvent {
  const asked = before.find((block) => block.type === "server_tool_use" && block.id === result.tool_use_id);
  const input = asked?.type === "server_tool_use" ? asked.input : undefined;
  const query = typeof input === "object" && input !== null && "query" in input ? String(input.query) : "";
  const told = { type: "search" as const, id: result.tool_use_id, query };
  return Array.isArray(result.content)
    ? { ...told, results: result.content.map(({ title, url }) => ({ title, url })) }
    : { ...told, results: [], failed: result.content.error_code };
}

/** A search without its result, or the other way about, is refused when it is sent back: an answer that was cut has such. */
export function withoutHalfSearches(content: readonly Block[]): Block[] {
  const asked = new Set(content.flatMap((block) => (block.type === "server_tool_use" ? [block.id] : [])));
  const answered = new Set(
    content.flatMap((block) => (block.type === "web_search_tool_result" ? [block.tool_use_id] : [])),
  );
  return content.filter((block) => {
    if (block.type === "server_tool_use") return answered.has(block.id);
    return block.type !== "web_search_tool_result" || asked.has(block.tool_use_id);
  });
}
