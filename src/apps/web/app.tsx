import { Dialog } from "@base-ui/react/dialog";
import { lazy, useEffect, useState } from "react";
import { api } from "./api.ts";
import { ChatPage } from "./chat/chat-page.tsx";
import { Icon } from "./parts/icon.tsx";
import { Later } from "./parts/later.tsx";
import { Rail } from "./rail.tsx";
import { usePlace } from "./router.ts";
import { useData } from "./use-data.ts";

// The chat comes first and at once; every other page when somebody goes there.
const IntegrationsPage = lazy(async () => ({
  default: (await import("./integrations/integrations-page.tsx")).IntegrationsPage,
}));
const SettingsPage = lazy(async () => ({ default: (await import("./settings-page.tsx")).SettingsPage }));

/** The frame: a rail with conversations at the side (a drawer on a phone), and the page beside it. */
export function App() {
  const place = usePlace();
  const conversations = useData(() => api.conversations.list({}), "conversations");
  const settings = useData(() => api.settings.get(), "settings");
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const address = place.page === "chat" ? (place.conversationId ?? "new") : location.pathname;

  useEffect(() => setDrawerOpen(false), [address]);
  useEffect(() => {
    const title = conversations.data?.find((one) => place.page === "chat" && one.id === place.conversationId)?.title;
    const names = { chat: title ?? "Chat", integrations: "Integrations", settings: "Settings", missing: "Not here" };
    const { page } = place;
    if (page in names) document.title = `${names[page as keyof typeof names]} · Patchbay`;
  }, [place, conversations.data]);

  const rail = <Rail place={place} conversations={conversations} />;
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
          />
        )}
        <Later key={place.page}>
          {place.page === "integrations" && <IntegrationsPage />}
          {place.page === "settings" && <SettingsPage settings={settings} />}
        </Later>
        {place.page === "missing" && (
          <div className="sheet">
            <h1>Not here</h1>
            <p>
              There is no such page. <a href="/">Go to the chat</a>
            </p>
          </div>
        )}
      </main>
    </div>
  );
}
