import { useState } from "react";
import type { CommunityFile } from "../../../contract/community.ts";
import { api } from "../api.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { FaultNote } from "../parts/fault-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/later.tsx";
import { useData } from "../use-data.ts";
import { saveArchive, saveFile } from "./save-archive.ts";

const Code = later(async () => (await import("./code-view.tsx")).CodeView, <div className="skeleton tall" />);

const names: CommunityFile[] = ["cli.ts", "config.json", "instructions.md"];

/** What the tool is made of: its code, its description and its instructions, to read and to take along. */
export function CodePart({ slug }: { slug: string }) {
  const files = useData(() => api.integrations.files({ slug }), `files ${slug}`);
  const [name, setName] = useState<CommunityFile>("cli.ts");
  const file = files.data?.files.find((one) => one.name === name);
  return (
    <section aria-label="Code" className="code-part">
      <div className="part-head">
        <div className="filters" role="group" aria-label="File">
          {names.map((one) => (
            <button
              key={one}
              type="button"
              className="filter mono"
              aria-pressed={one === name}
              onClick={() => setName(one)}
            >
              {one}
            </button>
          ))}
        </div>
        {file && (
          <div className="row">
            <CopyButton text={file.content} what={name} />
            <button
              type="button"
              className="button quiet small"
              onClick={() => saveFile(new Blob([file.content], { type: "text/plain" }), file.name)}
            >
              <Icon name="download" />
              Save<span className="hidden"> {name}</span>
            </button>
            <button type="button" className="button quiet small" onClick={() => void saveArchive({ slug })}>
              <Icon name="download" />
              All as zip
            </button>
          </div>
        )}
      </div>
      <FaultNote fault={files.fault} onRetry={() => void files.reload()} />
      {file ? (
        <Code key={name} name={name} text={file.content} />
      ) : (
        !files.fault && <div className="skeleton tall" aria-busy="true" />
      )}
    </section>
  );
}
