import { Menu } from "@base-ui/react/menu";
import { useEffect, useState, type ReactNode } from "react";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api, Unproven } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { OutsideLink } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Jack } from "../parts/jack.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { duration } from "../parts/when.tsx";
import { Confirm, Link } from "../rail.tsx";
import { addressOf, go, type IntegrationPart } from "../router.ts";
import "../styles/parts.css";
import "../styles/integrations.css";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";
import { AccountList } from "./account-line.tsx";
import { CodePart } from "./code-part.tsx";
import { CommunityBadge } from "./community-badge.tsx";
import { ConnectDialog, type Connecting } from "./connect-dialog.tsx";
import { saveArchive } from "./save-archive.ts";
import { HealthPart } from "./health-part.tsx";
import { InstructionsPart } from "./instructions-part.tsx";
import { OperationsPart } from "./operations-part.tsx";
import { SharingPart } from "./sharing-part.tsx";
import { statusOf, statusTones, statusWords } from "./status.ts";
import { VersionsPart } from "./versions-part.tsx";

const parts: Record<IntegrationPart, string> = {
  operations: "What it can do",
  instructions: "Instructions",
  code: "Code",
  versions: "Versions",
  health: "Health",
  sharing: "Sharing",
};

/** One integration: its accounts, what it can do and may do, what it is made of, how it fares. */
export function DetailPage({ slug, part }: { slug: string; part: IntegrationPart }) {
  const summary = useData(() => api.integrations.summary({ slug }), `integration ${slug}`);
  const one = summary.data;
  useEffect(() => {
    document.title = `${one?.name ?? slug} · Patchbay`;
  }, [one?.name, slug]);

  return (
    <div className="sheet wide" data-scroll>
      <p className="back">
        <Link to="/integrations">
          <Icon name="chevron" /> Integrations
        </Link>
      </p>
      {!one && !summary.fault && <HeadSkeleton />}
      {!one && summary.fault && (
        <>
          <h1>{summary.fault.code === "not_found" ? "Not here" : slug}</h1>
          <FaultNote fault={summary.fault} onRetry={() => void summary.reload()} />
        </>
      )}
      {one && (
        <>
          <Head one={one} onChanged={summary.reload} />
          <Tabs
            label={`Parts of ${one.name}`}
            tabs={Object.entries(parts).map(([key, text]) => ({
              to: addressOf.integration(slug, key as IntegrationPart),
              text,
              isCurrent: key === part,
            }))}
          />
          <div className="part" key={part}>
            {drawPart(part, one, summary.reload)}
          </div>
        </>
      )}
    </div>
  );
}

function drawPart(part: IntegrationPart, one: IntegrationSummary, changed: () => Promise<void>): ReactNode {
  switch (part) {
    case "operations":
      return <OperationsPart one={one} onChanged={changed} />;
    case "instructions":
      return <InstructionsPart slug={one.slug} />;
    case "code":
      return <CodePart slug={one.slug} />;
    case "versions":
      return <VersionsPart one={one} onChanged={changed} />;
    case "health":
      return <HealthPart one={one} />;
    case "sharing":
      return <SharingPart one={one} onChanged={changed} />;
  }
}

function Head({ one, onChanged }: { one: IntegrationSummary; onChanged: () => Promise<void> }) {
  const [asked, setAsked] = useState<Connecting>();
  const [isRemoving, setRemoving] = useState(false);
  const testing = useAct();
  const status = statusOf(one);
  const connect = (connectionId?: string) => setAsked({ slug: one.slug, name: one.name, connectionId });
  const test = () =>
    void testing
      .act(async () => {
        const proof = await api.integrations.test({ slug: one.slug });
        if (!proof.ok) throw new Unproven(proof);
        return `It answers: ${proof.operation}, ${duration(proof.ms)}.`;
      })
      .then(onChanged);
  const remove = async () => {
    await api.integrations.delete({ slug: one.slug });
    go("/integrations", { replace: true });
  };
  const isConnected = one.connections.length > 0;

  return (
    <header className="detail-head">
      <div className="detail-title">
        <Jack name={one.name} state={one.jack} icon={one.icon} size="large" />
        <div className="grow">
          <h1>
            <bdi>{one.name}</bdi>
          </h1>
          <p className="detail-facts">
            <span className="badge" data-tone={statusTones[status]}>
              {statusWords[status]}
            </span>
            <CommunityBadge one={one} />
            <span className="soft small">
              <code>{one.slug}</code> · version {one.version}
              {one.status === "draft" && ", a draft until its first read works"}
            </span>
          </p>
        </div>
        <div className="detail-acts">
          {isConnected && (
            <button type="button" className="button quiet" disabled={testing.isBusy} onClick={test}>
              {testing.isBusy ? "Asking …" : "Test now"}
            </button>
          )}
          <button type="button" className={isConnected ? "button quiet" : "button"} onClick={() => connect()}>
            {isConnected ? "Add account" : "Connect"}
          </button>
          <Menu.Root>
            <Menu.Trigger className="icon-button" aria-label={`More for ${one.name}`}>
              <Icon name="dots" />
            </Menu.Trigger>
            <Menu.Portal>
              <Menu.Positioner align="end" className="floats">
                <Menu.Popup className="menu">
                  <Menu.Item
                    className="menu-item"
                    onClick={() => void testing.act(() => saveArchive({ slug: one.slug }))}
                  >
                    <Icon name="download" />
                    Export as zip
                  </Menu.Item>
                  <Menu.Item className="menu-item alarm" onClick={() => setRemoving(true)}>
                    <Icon name="trash" />
                    Remove
                  </Menu.Item>
                </Menu.Popup>
              </Menu.Positioner>
            </Menu.Portal>
          </Menu.Root>
        </div>
      </div>
      {testing.told && (
        <p className="told" role="status">
          {testing.told}
        </p>
      )}
      <FaultNote fault={testing.fault} onRetry={test} onSignIn={() => connect(one.connections[0]?.id)} />
      <div className="detail-body">
        <div>
          {one.description && <p className="detail-about">{one.description}</p>}
          <dl className="detail-list">
            <div>
              <dt>Reaches only</dt>
              <dd>
                {one.hosts.map((host) => (
                  <code key={host}>{host}</code>
                ))}
              </dd>
            </div>
            {one.category && (
              <div>
                <dt>Category</dt>
                <dd>{one.category}</dd>
              </div>
            )}
            {one.docsUrl && (
              <div>
                <dt>Docs</dt>
                <dd>
                  <OutsideLink href={one.docsUrl} text={URL.parse(one.docsUrl)?.host ?? "Docs"} />
                </dd>
              </div>
            )}
          </dl>
        </div>
        {isConnected && (
          <section aria-label="Accounts" className="detail-accounts">
            <h2>Accounts</h2>
            <AccountList connections={one.connections} onSignIn={connect} onChanged={onChanged} />
          </section>
        )}
      </div>
      <ConnectDialog
        key={asked ? "asked" : "none"}
        asked={asked}
        onClose={() => setAsked(undefined)}
        onChanged={onChanged}
      />
      <Confirm
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        title={`Remove ${one.name}?`}
        text="Its tool, its versions and its policies are erased, and its accounts disconnected. What was done at the service stays done."
        action="Remove"
        onConfirm={() => testing.act(remove)}
      />
    </header>
  );
}

function HeadSkeleton() {
  return (
    <div aria-busy="true">
      <span className="hidden" role="status">
        Loading
      </span>
      <div className="skeleton head" />
      <div className="skeleton line" />
      <div className="skeleton tall" />
    </div>
  );
}
