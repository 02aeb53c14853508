import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Markdown } from "../parts/markdown.tsx";
import { useData } from "../use-data.ts";

/** What the agent reads before it uses the tool. */
export function InstructionsPart({ slug }: { slug: string }) {
  const files = useData(() => api.integrations.files({ slug }), `files ${slug}`);
  const text = files.data?.files.find((file) => file.name === "instructions.md")?.content;
  return (
    <section aria-label="Instructions" className="instructions">
      <p className="soft small">What the agent is told of this tool, when it is about to use it.</p>
      <FaultNote fault={files.fault} onRetry={() => void files.reload()} />
      {text === undefined && !files.fault && <div className="skeleton tall" aria-busy="true" />}
      {text !== undefined &&
        (text.trim() ? (
          <div className="card prose">
            <Markdown text={text} />
          </div>
        ) : (
          <p>There are none: its help says enough.</p>
        ))}
    </section>
  );
}
