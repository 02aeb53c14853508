import type { ContentBlock, ModelMessage } from "../llm/model.ts";

/**
 * Keeps a long history within the model's window: results of old calls and searches give way to a line that says so, or to
 * nothing. The words of both sides stay. What gives way does so in large steps, so that the cached beginning changes seldom.
 */
export function fitHistory(whole: ModelMessage[], budget = 400_000): ModelMessage[] {
  const messages = withoutUsedDocs(whole);
  let size = sizeOf(messages);
  if (size <= budget) return messages;
  const fitted = messages.map((one) => ({ ...one, content: [...one.content] }));
  const target = budget / 2;
  for (const message of fitted.slice(0, -lastKept)) {
    if (size <= target) return fitted;
    const before = sizeOf([message]);
    message.content = withoutFindings(message.content);
    size -= before - sizeOf([message]);
    for (const [index, block] of message.content.entries()) {
      if (size <= target) return fitted;
      if (block.type !== "tool_result" || block.content.length <= gone.length) continue;
      size -= block.content.length - gone.length;
      message.content[index] = { ...block, content: gone };
    }
  }
  return fitted;
}

/** Docs that a tool was written from and saved since: what the model needs of them is in the tool, and costs each turn. */
function withoutUsedDocs(messages: ModelMessage[]): ModelMessage[] {
  const saved = messages.findLastIndex(({ content }) =>
    content.some((block) => block.type === "tool_result" && block.content.startsWith(savedTool)),
  );
  if (saved < 0) return messages;
  const readers = new Set<string>();
  return messages.map((message, at) => {
    if (at > saved) return message;
    const content = message.content.map((block): ContentBlock => {
      if (block.type === "tool_use" && (block.name === "docs" || block.name === "connect")) readers.add(block.id);
      const isDocs =
        block.type === "tool_result" && readers.has(block.tool_use_id) && block.content.length > used.length;
      return isDocs ? { ...block, content: used } : block;
    });
    return { ...message, content };
  });
}

/** How the answer begins by which a tool written from docs is saved. */
export const savedTool = "checked and saved;";
const used = "(docs a tool was written from; `docs` gives their sections again)";

const gone = "(this old result was left out to save room; run the command again if you need it)";
const lastKept = 6;

/** A search and its result stay a pair; what was found goes, and with it what the text quotes from there. */
function withoutFindings(content: ContentBlock[]): ContentBlock[] {
  return content.map((block) => {
    if (block.type === "text") return { type: "text", text: block.text };
    const isFound = block.type === "opaque" && block.block.type === "web_search_tool_result";
    return isFound ? { ...block, block: { ...block.block, content: [] } } : block;
  });
}

function sizeOf(messages: ModelMessage[]): number {
  return messages.reduce((sum, one) => sum + JSON.stringify(one.content).length, 0);
}
