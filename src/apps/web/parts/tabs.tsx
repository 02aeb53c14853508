import { Link } from "../rail.tsx";

/** Parts of one page, each with an address of its own. */
export function Tabs({ label, tabs }: { label: string; tabs: { to: string; text: string; isCurrent: boolean }[] }) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ to, text, isCurrent }) => (
        <Link key={to} to={to} isCurrent={isCurrent}>
          {text}
        </Link>
      ))}
    </nav>
  );
}
