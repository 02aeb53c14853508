import { useEffect, useId, useState, type FormEvent } from "react";
import type { SignInCard } from "../../../contract/chat.ts";
import { api, messageOf } from "../api.ts";
import { helpLink } from "../../../contract/help-link.ts";
import { signInLabel } from "../../../contract/sign-in-label.ts";
import { ClientForm } from "./client-form.tsx";
import { Field, HelpText, OutsideLink } from "./field.tsx";

type Props = {
  card: SignInCard;
  /** Signs this connection in again, in place of adding one. */
  connectionId?: string;
  /** Where the form stands, when in a conversation: it is told of the outcome. */
  place?: { conversationId: string; cardId: string };
  onDone: (label: string | undefined) => void;
};
type Method = SignInCard["methods"][number];

/** Ways to sign in, as the service has them. What is typed goes straight to the vault, never through the conversation. */
export function SignInForm({ card, place, connectionId, onDone }: Props) {
  // The service's own window asks for the least: it stands first.
  const methods = card.methods.toSorted((one, other) => Number(isWindow(other)) - Number(isWindow(one)));
  const [chosen, setChosen] = useState((methods.find((one) => one.available) ?? methods[0])?.id);
  const group = useId();
  const method = card.methods.find((one) => one.id === chosen);
  return (
    <>
      {methods.length > 1 && (
        <fieldset className="methods">
          <legend>How do you want to sign in?</legend>
          {methods.map((one) => (
            <label key={one.id}>
              <input
                type="radio"
                name={group}
                value={one.id}
                checked={one.id === chosen}
                onChange={() => setChosen(one.id)}
              />
              {isWindow(one) && methods.filter(isWindow).length === 1 ? "Sign in in a window" : signInLabel(card, one)}
            </label>
          ))}
        </fieldset>
      )}
      {method && (
        <MethodForm
          key={method.id}
          card={card}
          method={method}
          place={place}
          connectionId={connectionId}
          onDone={onDone}
        />
      )}
    </>
  );
}

/**
 * Leads the window to the service, when it is still there: it may be closed at any moment. The service must not be able to lead
 * ours in turn, to a page that looks like it: how it went is told by a channel, and needs no opener.
 */
function lead(popup: Window | null | undefined, url: string): void {
  try {
    if (!popup || popup.closed) return;
    popup.opener = null;
    popup.location.href = url;
  } catch {
    // It was closed just now.
  }
}

const stateIn = (url: string | undefined) => (url ? new URL(url).searchParams.get("state") : null);

const isWindow = (method: Method) => method.redirectUri !== undefined;

function MethodForm({ card, method, place, connectionId, onDone }: Props & { method: Method }) {
  const [busy, setBusy] = useState<"sending" | "waiting">();
  const [problem, setProblem] = useState<string>();
  const [link, setLink] = useState<string>();
  const [isAvailable, setAvailable] = useState(method.available);
  const [code, setCode] = useState<{ userCode: string; verificationUri: string }>();
  /** What was typed for blanks of the address so far: links to where keys are found are made of it. */
  const [blanks, setBlanks] = useState<Record<string, string>>(() =>
    Object.fromEntries(method.variables.flatMap((one) => (one.default ? [[one.name, one.default]] : []))),
  );
  const { name, slug } = card.integration;
  const said = new Set(method.fields.map((one) => helpLink(one.helpUrl, blanks)));
  const whole = helpLink(method.helpUrl, blanks);
  const found = said.has(whole) ? undefined : whole;
  const isBrowser = isWindow(method);
  const isSaidBelow = (help: string) => method.fields.some((one) => one.help === help);
  const isDevice = method.type === "oauth2" && !isBrowser && method.fields.length === 0;

  useEffect(() => {
    if (busy !== "waiting") return undefined;
    const windows = new BroadcastChannel("patchbay");
    const own = stateIn(link);
    windows.addEventListener("message", (event: MessageEvent<{ type: string; state?: string | null }>) => {
      const theirs = event.data.state;
      if (own && theirs && own !== theirs) return;
      if (event.data.type === "signed-in") onDone(undefined);
      else {
        setBusy(undefined);
        setProblem(`You are not signed in to ${name} yet. The window that opened says why.`);
      }
    });
    return () => windows.close();
  }, [busy, link, onDone, name]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = new FormData(form);
    const read = (prefix: string, names: string[]) =>
      Object.fromEntries(
        names.flatMap((one) => {
          const value = typed.get(`${prefix}.${one}`);
          return typeof value === "string" && value.trim() ? [[one, value.trim()]] : [];
        }),
      );
    const variables = read(
      "variable",
      method.variables.map((one) => one.name),
    );
    const common = { slug, methodId: method.id, variables, connectionId, ...place };
    setProblem(undefined);
    // Opened at once, in the click, or the browser takes it for an advertisement.
    const popup = isBrowser ? window.open("about:blank", "_blank", "popup,width=560,height=720") : undefined;
    setBusy("sending");
    try {
      if (isDevice) {
        const waiting = await api.oauth.device(common);
        let told = await waiting.next();
        for (; !told.done; told = await waiting.next()) setCode(told.value);
        onDone(told.value.connection.label);
        return;
      }
      if (isBrowser) {
        const { url } = await api.oauth.start({ ...common, returnTo: "/done" });
        // The card first: whatever becomes of the window, the link to open it again stands there.
        setLink(url);
        setBusy("waiting");
        lead(popup, url);
        return;
      }
      const secrets = read(
        "secret",
        method.fields.map((one) => one.name),
      );
      const { connection, proof } = await api.connections.create({ ...common, secrets });
      form.reset();
      if (proof.ok) onDone(connection.label);
      else setProblem(proof.message);
      setBusy(undefined);
    } catch (error) {
      popup?.close();
      setProblem(messageOf(error));
      setBusy(undefined);
    }
  };

  if (!isAvailable) return <ClientForm slug={slug} name={name} method={method} onSaved={() => setAvailable(true)} />;
  return (
    <form
      className="fields"
      onSubmit={submit}
      onChange={(event) => {
        const { name: field, value } = event.target as unknown as HTMLInputElement;
        if (field.startsWith("variable.")) setBlanks((before) => ({ ...before, [field.slice(9)]: value }));
      }}
    >
      {method.type === "oauth2" && method.fields.length === 0 ? (
        // What a document says of its OAuth is for programmers.
        <p>You sign in at {name} itself; Patchbay never sees your password there.</p>
      ) : (
        method.help &&
        !isSaidBelow(method.help) && (
          <p>
            <HelpText text={method.help} />
          </p>
        )
      )}
      {found && (
        <p>
          <OutsideLink href={found} text="Where to find it" />
        </p>
      )}
      {method.variables.map((one) => (
        <Field
          key={one.name}
          name={`variable.${one.name}`}
          label={one.label ?? one.name}
          help={one.help}
          helpUrl={one.helpUrl}
          placeholder={one.example}
          defaultValue={one.default}
          options={one.options}
          required
        />
      ))}
      {method.fields.map((one) => (
        <Field
          key={one.name}
          name={`secret.${one.name}`}
          label={one.label}
          help={one.help}
          helpUrl={helpLink(one.helpUrl, blanks)}
          required={!one.optional}
          isSecret
        />
      ))}
      <button type="submit" className="button" disabled={busy !== undefined}>
        {busy === "sending" ? "Trying it …" : isBrowser || isDevice ? `Sign in with ${name}` : "Connect"}
      </button>
      {code && (
        <p role="status">
          Type <strong className="secret">{code.userCode}</strong> at{" "}
          <OutsideLink href={code.verificationUri} text={code.verificationUri} />
        </p>
      )}
      {busy === "waiting" && (
        <p role="status">
          Sign in in the window that opened.{" "}
          {link && (
            <a href={link} target="_blank" rel="noreferrer noopener">
              Open it again
            </a>
          )}
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
