/** Copies a text. Browsers keep their clipboard from pages that came over plain http from another machine; there the old way is gone. */
export async function copyText(text: string): Promise<void> {
  // Absent there, whatever its type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) return clipboard.writeText(text);
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  // Beside what has the focus: an open dialog or menu would take it back from anywhere else.
  (before?.parentElement ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!isCopied) throw new Error("the browser did not copy");
}
