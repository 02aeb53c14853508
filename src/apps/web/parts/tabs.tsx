import { useEffect, useRef } from "react";
import { Link } from "../rail.tsx";

/** Parts of one page, each with an address of its own. On a narrow screen they scroll, the current one in sight. */
export function Tabs({ label, tabs }: { label: string; tabs: { to: string; text: string; isCurrent: boolean }[] }) {
  const list = useRef<HTMLElement>(null);
  const current = tabs.find((tab) => tab.isCurrent)?.to;
  useEffect(() => {
    const link = list.current?.querySelector<HTMLElement>('[aria-current="page"]');
    if (list.current && link)
      list.current.scrollLeft = link.offsetLeft - (list.current.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return (
    <nav className="tabs" aria-label={label} ref={list}>
      {tabs.map(({ to, text, isCurrent }) => (
        <Link key={to} to={to} isCurrent={isCurrent}>
          {text}
        </Link>
      ))}
    </nav>
  );
}
