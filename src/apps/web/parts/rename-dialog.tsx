import { Dialog } from "@base-ui/react/dialog";
import type { FormEvent, ReactNode } from "react";

type Props = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What the field is called for who does not see it. */
  label: string;
  name: string;
  maxLength: number;
  /** Called with another name than it had. */
  onRename: (name: string) => void;
  /** What a new name changes, and what it does not. */
  children?: ReactNode;
};

/** Asks for a new name of something. */
export function RenameDialog(o: Props) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    o.onClose();
    if (typed && typed !== o.name) o.onRename(typed);
  };
  return (
    <Dialog.Root open={o.isOpen} onOpenChange={(isOpen) => !isOpen && o.onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" forceRender />
        <Dialog.Popup className="dialog">
          <Dialog.Title className="dialog-title">{o.title}</Dialog.Title>
          <form onSubmit={submit}>
            <input
              name="name"
              aria-label={o.label}
              defaultValue={o.name}
              maxLength={o.maxLength}
              required
              autoComplete="off"
              onFocus={(event) => event.currentTarget.select()}
            />
            {o.children && <p className="hint">{o.children}</p>}
            <div className="pair">
              <Dialog.Close className="button quiet">Keep the name</Dialog.Close>
              <button type="submit" className="button">
                Rename
              </button>
            </div>
          </form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
