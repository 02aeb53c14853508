import { useEffect, useLayoutEffect, useRef, useState } from "react";

const drawnAtFirst = 50;
const drawnMore = 60;
const drawnMost = 140;

/**
 * Which part of a long conversation is drawn: its end, and more as the person scrolls up. The end stays in view while it grows,
 * unless the person scrolled away to read; what is read stays where it is when earlier parts are added above.
 */
export function useWindow(count: number, version: number) {
  const box = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const [from, setFrom] = useState(0);
  const [isAtEnd, setAtEnd] = useState(true);
  /** Height of what stands below the top edge, to be kept while earlier parts are added. */
  const keep = useRef<number>(undefined);

  // While the end is in view, a long conversation is let go of at its other end.
  const first =
    sticks.current && count - from > drawnMost ? count - drawnAtFirst : Math.min(from, Math.max(0, count - 1));
  if (first !== from) setFrom(first);

  const toEnd = () => {
    sticks.current = true;
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = () => {
      sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < 80;
      setAtEnd(sticks.current);
      if (element.scrollTop < 800) {
        setFrom((before) => {
          if (before === 0) return before;
          keep.current = element.scrollHeight - element.scrollTop;
          return Math.max(0, before - drawnMore);
        });
      }
    };
    // Pictures, folded parts and the keyboard of a phone change heights without a scroll.
    const resized = new ResizeObserver(() => {
      if (sticks.current) element.scrollTo({ top: element.scrollHeight });
    });
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      element.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (keep.current !== undefined) {
      element.scrollTop = element.scrollHeight - keep.current;
      keep.current = undefined;
    } else if (sticks.current) element.scrollTo({ top: element.scrollHeight });
  }, [version, from]);

  return { box, from: first, toEnd, isAtEnd };
}
