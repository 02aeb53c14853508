import { useState } from "react";
import { api, messageOf } from "../api.ts";
import { DataTable } from "../parts/data-table.tsx";
import { plain } from "../parts/plain.ts";
import { readRows, type Rows } from "../parts/read-rows.ts";
import { FileActions } from "./file-actions.tsx";
import type { ToolBlock } from "./transcript.ts";

const shownCharacters = 12_000;

/** What a command said. Rows can be seen as a table; a long result lies in a file, which can be opened whole. */
export function CallResult({ call, conversationId }: { call: ToolBlock; conversationId: string }) {
  const said = call.state === "running" ? call.output : call.result || call.output;
  const [asked, setTable] = useState<Rows | "text">();
  const [problem, setProblem] = useState<string>();
  const text = said.replace(/^exit code 0\n/, "");
  const own = call.state === "running" || call.file ? undefined : readRows(text);
  const table = asked === "text" ? undefined : (asked ?? own);

  const openTable = async () => {
    try {
      if (!call.file) return setTable(own);
      const { text: whole } = await api.conversations.file({ id: conversationId, path: call.file });
      const rows = readRows(whole);
      if (rows) setTable(rows);
      else setProblem("This result is not made of rows, so it has no table. Open it as a file instead.");
    } catch (error) {
      setProblem(messageOf(error));
    }
  };

  return (
    <>
      {table ? (
        <DataTable head={table.head} rows={table.rows} name="result" />
      ) : (
        text && (
          <pre tabIndex={0}>
            <code>{plain(text.slice(0, shownCharacters))}</code>
          </pre>
        )
      )}
      {text.length > shownCharacters && !table && <p className="hint">The rest is left out here.</p>}
      {(own ?? call.file) && (
        <div className="call-acts">
          <button type="button" className="link-button" onClick={() => (table ? setTable("text") : void openTable())}>
            {table ? "Show as text" : "Show as table"}
          </button>
          {call.file && <FileActions conversationId={conversationId} path={call.file} onProblem={setProblem} />}
        </div>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
