import { api } from "../api.ts";

const mostBytes = 10_000_000;

/** A file that cannot go into a conversation, said to the person. */
export class FileRefused extends Error {}

/** Puts files into a conversation and gives their names there. Only texts: the tools there read text. */
export async function sendFiles(conversationId: string, files: File[]): Promise<string[]> {
  const texts = await Promise.all(
    files.map(async (file) => {
      if (file.size > mostBytes) throw new FileRefused(`${file.name} is larger than 10 MB. Send a part of it.`);
      const text = await file.text();
      if (text.slice(0, 4000).includes("\0")) {
        throw new FileRefused(`${file.name} is not a text. Send CSV, JSON, YAML or plain text.`);
      }
      return text;
    }),
  );
  const names: string[] = [];
  for (const [index, file] of files.entries()) {
    const path = freeName(file.name, names);
    await api.conversations.saveFile({ id: conversationId, path, text: texts[index] ?? "" });
    names.push(path);
  }
  return names;
}

/** A name a command line can hold without quotes. */
function freeName(name: string, taken: string[]): string {
  const clean =
    name
      .normalize("NFC")
      .replace(/[^\p{L}\p{N}._-]+/gu, "-")
      .replace(/^[-.]+/, "")
      .slice(-80) || "file.txt";
  if (!taken.includes(clean)) return clean;
  return freeName(clean.replace(/(\.\w+)?$/, `-${taken.length + 1}$1`), taken);
}
