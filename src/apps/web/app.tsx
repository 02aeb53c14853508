import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useState } from "react";
import type { Approval } from "../../contract/approval.ts";
import { api } from "./api.ts";
import { ChatPage } from "./chat/chat-page.tsx";
import { approvalsChanged } from "./chat/conversation-store.ts";
import { Icon } from "./parts/icon.tsx";
import { Boundary, later } from "./parts/later.tsx";
import { Link, Rail } from "./rail.tsx";
import { usePlace } from "./router.ts";
import { useData, type Loaded } from "./use-data.ts";
import { WaitingPage } from "./waiting-page.tsx";

// The chat comes first and at once; every other page when somebody goes there.
const IntegrationsPage = later(async () => (await import("./integrations/integrations-page.tsx")).IntegrationsPage);
const DetailPage = later(async () => (await import("./integrations/detail-page.tsx")).DetailPage);
const ActivityPage = later(async () => (await import("./activity/activity-page.tsx")).ActivityPage);
const WantedPage = later(async () => (await import("./activity/wanted-page.tsx")).WantedPage);
const SettingsPage = later(async () => (await import("./settings/settings-page.tsx")).SettingsPage);

const titles = {
  chat: "Chat",
  integrations: "Integrations",
  activity: "Activity",
  wanted: "Most wanted",
  settings: "Settings",
  waiting: "Waiting for you",
  missing: "Not here",
};

/** The frame: a rail with conversations at the side (a drawer on a phone), and the page beside it. */
export function App() {
  const place = usePlace();
  const conversations = useData(() => api.conversations.list({}), "conversations");
  const waiting = useWaiting();
  const settings = useData(() => api.settings.get(), "settings");
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const address = place.page === "chat" ? (place.conversationId ?? "new") : location.pathname;

  useEffect(() => setDrawerOpen(false), [address]);
  useEffect(() => {
    const title = conversations.data?.find((one) => place.page === "chat" && one.id === place.conversationId)?.title;
    // An integration's page names itself.
    if (place.page !== "integration") document.title = `${title ?? titles[place.page]} · Patchbay`;
  }, [place, conversations.data]);

  const rail = <Rail place={place} conversations={conversations} waiting={waiting.data?.length ?? 0} />;
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <aside className="rail wide-only">{rail}</aside>
      <Dialog.Root open={isDrawerOpen} onOpenChange={setDrawerOpen}>
        <header className="top narrow-only">
          <Dialog.Trigger className="icon-button" aria-label="Conversations and pages">
            <Icon name="menu" />
          </Dialog.Trigger>
          <strong>Patchbay</strong>
          {waiting.data && waiting.data.length > 0 && (
            <Link to="/waiting" className="badge asks">
              {waiting.data.length} waiting
            </Link>
          )}
        </header>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="rail drawer">
            <Dialog.Title className="hidden">Conversations and pages</Dialog.Title>
            {rail}
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <main id="main" tabIndex={-1}>
        {place.page === "chat" && (
          <ChatPage
            key={address}
            conversationId={place.conversationId}
            settings={settings.data}
            onChanged={conversations.reload}
            onSettings={settings.reload}
          />
        )}
        {place.page === "waiting" && <WaitingPage waiting={waiting} />}
        <Boundary key={place.page}>
          {place.page === "integrations" && <IntegrationsPage />}
          {place.page === "integration" && <DetailPage key={place.slug} slug={place.slug} part={place.part} />}
          {place.page === "activity" && <ActivityPage />}
          {place.page === "wanted" && <WantedPage />}
          {place.page === "settings" && <SettingsPage settings={settings} part={place.part} />}
        </Boundary>
        {place.page === "missing" && (
          <div className="sheet">
            <h1>Not here</h1>
            <p>There is no such page.</p>
            <p>
              <a href="/" className="button">
                Go to the chat
              </a>
            </p>
          </div>
        )}
      </main>
    </div>
  );
}

/** Questions that wait, looked for now and then while somebody looks at the page. */
function useWaiting(): Loaded<Approval[]> {
  const waiting = useData(() => api.approvals.list({ status: "pending" }), "waiting");
  const { reload } = waiting;
  useEffect(() => {
    const timer = setInterval(() => void (document.visibilityState === "visible" && reload()), 5000);
    let soon: ReturnType<typeof setTimeout>;
    const changed = () => {
      clearTimeout(soon);
      soon = setTimeout(() => void reload(), 100);
    };
    addEventListener(approvalsChanged, changed);
    return () => {
      clearInterval(timer);
      clearTimeout(soon);
      removeEventListener(approvalsChanged, changed);
    };
  }, [reload]);
  return waiting;
}
