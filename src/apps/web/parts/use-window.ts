import { type RefObject, useLayoutEffect, useRef, useState } from "react";

type Shown = { first: number; last: number; rowHeight: number };

/**
 * Which rows of a long list are in sight, so that only those are drawn. All rows are as high as the list's `--row`; the list
 * scrolls in the nearest element marked `data-scroll`. `padding` stands for the rows that are not drawn.
 */
export function useWindow<E extends HTMLElement>(
  count: number,
): {
  list: RefObject<E | null>;
  first: number;
  last: number;
  padding: { paddingTop: number; paddingBottom: number };
} {
  const list = useRef<E>(null);
  const [shown, setShown] = useState<Shown>({ first: 0, last: Math.min(count, 40), rowHeight: 0 });

  useLayoutEffect(() => {
    const element = list.current;
    const scroller = element?.closest("[data-scroll]");
    if (!element || !scroller) return undefined;
    const look = () => {
      const rowHeight = readRowHeight(element);
      const above = scroller.getBoundingClientRect().top - element.getBoundingClientRect().top;
      const first = Math.min(count, Math.max(0, Math.floor(above / rowHeight) - spare));
      const last = Math.max(first, Math.min(count, Math.ceil((above + scroller.clientHeight) / rowHeight) + spare));
      setShown((before) =>
        before.first === first && before.last === last && before.rowHeight === rowHeight
          ? before
          : { first, last, rowHeight },
      );
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(scroller);
    sizes.observe(element);
    scroller.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      scroller.removeEventListener("scroll", look);
    };
  }, [count]);

  const first = Math.min(shown.first, count);
  const last = Math.min(Math.max(shown.last, first), count);
  const padding = { paddingTop: first * shown.rowHeight, paddingBottom: (count - last) * shown.rowHeight };
  return { list, first, last, padding };
}

/** Rows drawn beyond each edge, so that keys and quick scrolling find them there. */
const spare = 10;

function readRowHeight(element: Element): number {
  const row = Number.parseFloat(getComputedStyle(element).getPropertyValue("--row"));
  return Number.isFinite(row) && row > 0 ? row : 40;
}
