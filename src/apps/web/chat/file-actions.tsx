import { api, messageOf } from "../api.ts";
import { openText, saveText } from "../parts/open-file.ts";

type Props = { conversationId: string; path: string; onProblem: (message: string) => void };

/** A file of the conversation: opened as plain text in a tab of its own, or saved. */
export function FileActions({ conversationId, path, onProblem }: Props) {
  const load = async (then: (text: string) => void) => {
    try {
      then((await api.conversations.file({ id: conversationId, path })).text);
    } catch (error) {
      onProblem(messageOf(error));
    }
  };
  return (
    <>
      <button type="button" className="link-button" onClick={() => void load(openText)}>
        Open as file<span className="hidden"> {path}</span>
      </button>
      <button
        type="button"
        className="link-button"
        onClick={() => void load((text) => saveText(path.split("/").at(-1) ?? "file.txt", text))}
      >
        Save<span className="hidden"> {path}</span>
      </button>
    </>
  );
}
