import { useId } from "react";
import { plain } from "./plain.ts";

type FieldProps = {
  name: string;
  label: string;
  help?: string;
  helpUrl?: string;
  placeholder?: string;
  defaultValue?: string;
  options?: string[];
  required?: boolean;
  isSecret?: boolean;
};

/** A labelled field with its help. Secrets are not shown, not remembered and not spell-checked by a server of somebody else. */
export function Field(o: FieldProps) {
  const id = useId();
  const common = { id, name: o.name, required: o.required, "aria-describedby": o.help ? `${id}-help` : undefined };
  return (
    <div className="field">
      <label htmlFor={id}>
        {o.label}
        {!o.required && <span className="soft"> (may stay empty)</span>}
      </label>
      {o.options ? (
        <select {...common} defaultValue={o.defaultValue}>
          {o.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type={o.isSecret ? "password" : "text"}
          autoComplete={o.isSecret ? "new-password" : "off"}
          autoCapitalize="none"
          spellCheck={false}
          placeholder={o.placeholder}
          defaultValue={o.defaultValue}
        />
      )}
      {o.help && (
        <p className="hint" id={`${id}-help`}>
          <HelpText text={o.help} />
        </p>
      )}
      {o.helpUrl && (
        <p className="hint">
          <OutsideLink href={o.helpUrl} text="Where to find it" />
        </p>
      )}
    </div>
  );
}

/** Help out of a stranger's document: text, in which only an http(s) address becomes a link. */
export function HelpText({ text }: { text: string }) {
  return plain(text)
    .split(addresses)
    .map((part, index) => (index % 2 === 1 ? <OutsideLink key={index} href={part} text={part} /> : part));
}

const addresses = /(https?:\/\/[^\s<>"'`)\]]+[^\s<>"'`)\].,;:!?])/gi;

/** A link of a stranger's document: only http(s), without telling where it was clicked. */
export function OutsideLink({ href, text }: { href: string; text: string }) {
  if (!/^https?:\/\//i.test(href)) return null;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {text} <span aria-hidden="true">↗</span>
      <span className="hidden"> (opens a new tab)</span>
    </a>
  );
}
