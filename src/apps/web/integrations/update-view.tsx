import type { ReactNode } from "react";
import type { Update } from "../../../contract/update.ts";
import { plain } from "./plain.ts";

/** What a newer version would change, in the order that matters to whoever says yes to it. */
export function UpdateView({ update }: { update: Update }) {
  const { added, removed, changed, hosts, baseUrl, signIn, startAtAsk, signInAgain, isSame } = update;
  return (
    <div className="update">
      {signInAgain && (
        <p className="update-warning">
          Accounts have to sign in again: their secrets were entered for other hosts or another way to sign in.
        </p>
      )}
      <List title="It would also reach" all={hosts.added} draw={(host) => <code>{host}</code>} />
      <List title="It no longer reaches" all={hosts.removed} draw={(host) => <code>{host}</code>} />
      {baseUrl && (
        <p>
          Its base URL becomes <code>{baseUrl.after}</code>, it was <code>{baseUrl.before}</code>.
        </p>
      )}
      <List title="Signing in" all={signIn} draw={plain} />
      <List title="New" all={added} draw={(one) => <Named {...one} />} />
      <List title="Gone" all={removed} draw={(one) => <Named {...one} />} />
      <List
        title="Changed"
        all={changed}
        draw={(one) => (
          <>
            <Named {...one} summary="" />
            <span className="update-what">{one.what.map(plain).join("; ")}</span>
          </>
        )}
      />
      {startAtAsk.length > 0 && (
        <p className="soft">
          {startAtAsk.length === 1 ? "1 operation asks" : `${startAtAsk.length} operations ask`} you before each use,
          reads too, until you allow {startAtAsk.length === 1 ? "it" : "them"}.
        </p>
      )}
      {isSame && <p className="soft">Only words differ: it can do the same.</p>}
    </div>
  );
}

function Named({ name, access, summary }: { name: string; access: "read" | "write"; summary: string }) {
  return (
    <>
      <span className={`chip ${access}`}>{access}</span> <code>{plain(name)}</code>
      {summary && <span className="soft"> {plain(summary)}</span>}
    </>
  );
}

function List<T>({ title, all, draw }: { title: string; all: T[]; draw: (one: T) => ReactNode }) {
  if (all.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>
        {title} <span className="number soft">{all.length}</span>
      </h3>
      <ul>
        {all.slice(0, most).map((one, index) => (
          <li key={index}>{draw(one)}</li>
        ))}
        {all.length > most && <li className="soft">and {all.length - most} more</li>}
      </ul>
    </section>
  );
}

const most = 40;
