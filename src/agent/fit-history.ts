import type { ModelMessage } from "../llm/model.ts";

/**
 * Keeps a long history within the model's window: results of old calls give way to a line that says so. The words of both
 * sides stay. What gives way does so in large steps, so that the cached beginning changes seldom.
 */
export function fitHistory(messages: ModelMessage[], budget = 400_000): ModelMessage[] {
  let size = sizeOf(messages);
  if (size <= budget) return messages;
  const fitted = messages.map((one) => ({ ...one, content: [...one.content] }));
  const target = budget / 2;
  for (const message of fitted.slice(0, -lastKept)) {
    for (const [index, block] of message.content.entries()) {
      if (size <= target) return fitted;
      if (block.type !== "tool_result" || block.content.length <= gone.length) continue;
      size -= block.content.length - gone.length;
      message.content[index] = { ...block, content: gone };
    }
  }
  return fitted;
}

const gone = "(this old result was left out to save room; run the command again if you need it)";
const lastKept = 6;

function sizeOf(messages: ModelMessage[]): number {
  return messages.reduce((sum, one) => sum + JSON.stringify(one.content).length, 0);
}
