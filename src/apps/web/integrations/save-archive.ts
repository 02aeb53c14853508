import { api } from "../api.ts";

/** Saves the three files of a version to the person's downloads, as one zip. */
export async function saveArchive(version: { slug: string; versionId?: string }): Promise<string> {
  const file = await api.integrations.export(version);
  saveFile(file, file.name);
  return `Saved ${file.name}.`;
}

export function saveFile(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  // The browser has taken it up by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
