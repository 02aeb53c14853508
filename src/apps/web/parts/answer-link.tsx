import { createContext, useContext, useId, useState } from "react";
import { plain } from "./plain.ts";

/** The hosts a link may lead to at one click: those of connected integrations, and those the person has named. */
export const LinkHosts = createContext<(host: string) => boolean>(() => false);

/**
 * A link in a text of the agent. What the agent read may have put it there, and its address can carry something out: so a
 * link to any other host tells that host, and a click shows the whole address before it leads anywhere.
 */
export function AnswerLink({ text, href }: { text: string; href: string }) {
  const isKnown = useContext(LinkHosts);
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const url = URL.parse(href);
  // A name and a password before the host are there to make it look like another.
  if (!url || url.username || url.password) return plain(text === href ? href : `${text} (${href})`);
  if (isKnown(url.host)) {
    return (
      <a href={url.href} target="_blank" rel="noreferrer noopener">
        {plain(hostSaid(text, url.host))}
      </a>
    );
  }
  return (
    <span className="foreign-link">
      <button
        type="button"
        className="link-button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        {plain(text === href ? url.host : text)}
      </button>
      {text !== href && <span className="soft"> ({plain(url.host)})</span>}
      {isOpen && (
        <span className="foreign-address" id={id}>
          <code>{plain(url.href)}</code>{" "}
          <a href={url.href} target="_blank" rel="noreferrer noopener">
            Open {plain(url.host)}
          </a>
        </span>
      )}
    </span>
  );
}

/** A text that names an address of its own is told with where it really leads. */
function hostSaid(text: string, host: string): string {
  return /[\w-]\.[a-z]{2,}/i.test(text) && !text.toLowerCase().includes(host) ? `${text} (${host})` : text;
}
