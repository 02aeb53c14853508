import { useEffect, useState } from "react";
import { CopyButton } from "../parts/copy-button.tsx";
import { Markdown } from "../parts/markdown.tsx";

/** What the agent says. While it speaks, the words flow in evenly, however unevenly they arrive. */
export function AgentText({ text, isLive }: { text: string; isLive: boolean }) {
  const shown = useFlow(text, isLive);
  return (
    <div className="agent">
      <Markdown text={shown} />
      {!isLive && <CopyButton text={text} what="this answer" />}
    </div>
  );
}

/** Of a text that grows, a little more at each frame: all of it within a few frames, whatever its pace. */
function useFlow(text: string, isLive: boolean): string {
  const [length, setLength] = useState(isLive ? 0 : text.length);
  const isBehind = isLive && length < text.length;
  useEffect(() => {
    if (!isBehind) return undefined;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      setLength(text.length);
      return undefined;
    }
    const frame = requestAnimationFrame(() => setLength(length + Math.ceil((text.length - length) / 5)));
    return () => cancelAnimationFrame(frame);
  }, [isBehind, length, text]);
  return isBehind ? text.slice(0, length) : text;
}
