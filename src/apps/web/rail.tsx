import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Menu } from "@base-ui/react/menu";
import { useEffect, useState, type MouseEvent, type ReactNode } from "react";
import type { Conversation } from "../../contract/chat.ts";
import { api } from "./api.ts";
import { copyText } from "./parts/copy-text.ts";
import { Icon } from "./parts/icon.tsx";
import { RenameDialog } from "./parts/rename-dialog.tsx";
import { go, type Place } from "./router.ts";
import type { Loaded } from "./use-data.ts";

/** The rail: a new conversation, the earlier ones, and the other pages. */
export function Rail(o: { place: Place; conversations: Loaded<Conversation[]>; waiting: number }) {
  const { place, conversations } = o;
  const current = place.page === "chat" ? place.conversationId : undefined;
  const [search, setSearch] = useState("");
  const found = useFound(search);
  return (
    <nav aria-label="Patchbay">
      <p className="brand">
        <Mark />
        Patchbay
      </p>
      <Link to="/" className="rail-item" isCurrent={place.page === "chat" && current === undefined}>
        <Icon name="plus" />
        New conversation
      </Link>
      <div className="rail-search" role="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search conversations"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <div className="conversations" tabIndex={-1}>
        {found?.length === 0 && (
          <p className="hint" role="status">
            No conversation holds these words.
          </p>
        )}
        {byDay(found ?? conversations.data ?? []).map(([day, those]) => (
          <section key={day}>
            <h2>{day}</h2>
            <ul>
              {those.map((one) => (
                <ConversationLine
                  key={one.id}
                  one={one}
                  isCurrent={one.id === current}
                  onChanged={conversations.reload}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
      <div className="rail-foot">
        <Link to="/waiting" className="rail-item" isCurrent={place.page === "waiting"}>
          <Icon name="bell" />
          Waiting for you
          {o.waiting > 0 && (
            <span className="badge" data-tone="asks">
              {o.waiting}
            </span>
          )}
        </Link>
        <Link
          to="/integrations"
          className="rail-item"
          isCurrent={place.page === "integrations" || place.page === "integration"}
        >
          <Icon name="plug" />
          Integrations
        </Link>
        <Link to="/activity" className="rail-item" isCurrent={place.page === "activity" || place.page === "wanted"}>
          <Icon name="activity" />
          Activity
        </Link>
        <Link to="/settings" className="rail-item" isCurrent={place.page === "settings"}>
          <Icon name="sliders" />
          Settings
        </Link>
        <a href="/api" className="rail-item">
          <Icon name="book" />
          API
        </a>
      </div>
    </nav>
  );
}

/** What a search finds, a moment after the last letter; undefined while nothing is searched. */
function useFound(search: string): Conversation[] | undefined {
  const [found, setFound] = useState<Conversation[]>();
  const wanted = search.trim();
  useEffect(() => {
    if (wanted === "") return setFound(undefined);
    let isCurrent = true;
    const timer = setTimeout(() => {
      api.conversations
        .list({ search: wanted })
        .then((all) => isCurrent && setFound(all))
        // The list as it was is better than none.
        .catch(() => isCurrent && setFound(undefined));
    }, 200);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  return found;
}

/** The house's own mark: a socket with its pilot lamp. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" strokeWidth="2.2" />
      <circle cx="12" cy="12" r="4.4" fill="var(--lamp-glow)" />
    </svg>
  );
}

/** Newest first, under the days people think in. */
function byDay(all: Conversation[]): [string, Conversation[]][] {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const dayOf = ({ updatedAt }: Conversation) => {
    const days = Math.ceil((midnight - updatedAt.getTime()) / 86_400_000);
    return days <= 0 ? "Today" : days === 1 ? "Yesterday" : days <= 7 ? "Last seven days" : "Earlier";
  };
  return [...Map.groupBy(all, dayOf)];
}

function ConversationLine(o: { one: Conversation; isCurrent: boolean; onChanged: () => Promise<void> }) {
  const { one } = o;
  const [isRenaming, setRenaming] = useState(false);
  const [isAsking, setAsking] = useState(false);

  const rename = async (title: string) => {
    await api.conversations.rename({ id: one.id, title });
    await o.onChanged();
  };
  const remove = async () => {
    await api.conversations.delete({ id: one.id });
    if (o.isCurrent) go("/", { replace: true });
    await o.onChanged();
  };

  return (
    <li>
      <Link to={`/c/${one.id}`} isCurrent={o.isCurrent}>
        <bdi className="truncate">{one.title}</bdi>
        {one.running && (
          <>
            <span className="lamp" aria-hidden="true" />
            <span className="hidden"> (answering)</span>
          </>
        )}
      </Link>
      <Menu.Root>
        <Menu.Trigger className="icon-button" aria-label={`More for ${one.title}`}>
          <Icon name="dots" />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" className="floats">
            <Menu.Popup className="menu">
              <Menu.Item className="menu-item" onClick={() => setRenaming(true)}>
                <Icon name="edit" />
                Rename
              </Menu.Item>
              <Menu.Item className="menu-item" onClick={() => void copyText(`${location.origin}/c/${one.id}`)}>
                <Icon name="link" />
                Copy link
              </Menu.Item>
              <Menu.Item className="menu-item alarm" onClick={() => setAsking(true)}>
                <Icon name="trash" />
                Delete
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <RenameDialog
        isOpen={isRenaming}
        onClose={() => setRenaming(false)}
        title="Rename the conversation"
        label="New name"
        name={one.title}
        maxLength={200}
        onRename={(title) => void rename(title)}
      />
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete "${one.title}"?`}
        text="The conversation and its files are erased. What was done at services stays done."
        action="Delete"
        onConfirm={remove}
      />
    </li>
  );
}

/** A question before something that cannot be taken back. "No" has the focus. */
export function Confirm(o: {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  text: string;
  /** What "no" is called. */
  keep?: string;
  action: string;
  onConfirm: () => Promise<void>;
}) {
  return (
    <AlertDialog.Root open={o.isOpen} onOpenChange={(isOpen) => !isOpen && o.onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" forceRender />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{o.title}</AlertDialog.Title>
          <AlertDialog.Description>{o.text}</AlertDialog.Description>
          <div className="pair">
            <AlertDialog.Close className="button quiet">{o.keep ?? "Keep"}</AlertDialog.Close>
            <button
              type="button"
              className="button alarm"
              onClick={() => {
                o.onClose();
                void o.onConfirm();
              }}
            >
              {o.action}
            </button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** A link within the page; with a modifier key it is an ordinary link. */
export function Link(o: { to: string; children: ReactNode; className?: string; isCurrent?: boolean }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(o.to);
  };
  return (
    <a href={o.to} className={o.className} onClick={follow} aria-current={o.isCurrent ? "page" : undefined}>
      {o.children}
    </a>
  );
}
