import { type ConnectedService, lineOf } from "../contract/connected-service.ts";
import type { ModelRequest } from "../llm/model.ts";
import { promptText } from "./tools/tool.ts";

/** The standing part first, so that it stays in the cache; what is connected, and the day, change seldom and come after it. */
export function systemPrompt(services: ConnectedService[], now: Date): ModelRequest["system"] {
  const connected =
    services.length === 0
      ? "Nothing is connected yet."
      : `Connected services (slug: name, operations; accounts, the first is used when none is named):\n${services.map(lineOf).join("\n")}`;
  return [
    { text: promptText("standing.md"), cache: true },
    { text: connected },
    { text: `Today is ${now.toUTCString().slice(0, 16)} (UTC).` },
  ];
}

/** Said only where the model's service searches the web. */
export const searchNote = (): string => promptText("web-search.md");
