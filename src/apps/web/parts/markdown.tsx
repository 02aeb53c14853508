import { memo, type ReactNode } from "react";
import { AnswerLink } from "./answer-link.tsx";
import { CopyButton } from "./copy-button.tsx";
import { DataTable } from "./data-table.tsx";
import {
  parseBlocks,
  parseInline,
  type Inline,
  type ListItem,
  type MarkdownBlock,
} from "../../../contract/parse-markdown.ts";
import { plain } from "./plain.ts";

/** The agent's text. Only what the parser knows becomes an element, so nothing in a text can become a script or a foreign link. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      {parseBlocks(text).map((block, index) => (
        <Part key={index} block={block} />
      ))}
    </div>
  );
});

/** A part that did not change while the text grew is not drawn again. */
const Part = memo(
  function Part({ block }: { block: MarkdownBlock }): ReactNode {
    switch (block.type) {
      case "paragraph":
        return <p>{drawInline(block.text)}</p>;
      case "heading":
        return (
          <p className="heading" role="heading" aria-level={Math.min(block.level + 2, 6)}>
            {drawInline(block.text)}
          </p>
        );
      case "code":
        return (
          <div className="code-block">
            <div className="code-head">
              <span>{block.language}</span>
              <CopyButton text={block.text} what="this code" />
            </div>
            <pre tabIndex={0} data-wraps={proseIn.has(block.language ?? "") || undefined}>
              <code>{plain(block.text)}</code>
            </pre>
          </div>
        );
      case "list":
        return <List ordered={block.ordered} start={block.start} items={block.items} />;
      case "quote":
        return (
          <blockquote>
            {block.blocks.map((inner, index) => (
              <Part key={index} block={inner} />
            ))}
          </blockquote>
        );
      case "rule":
        return <hr />;
      case "table":
        return <DataTable head={block.head} rows={block.rows} draw={drawCell} />;
    }
  },
  (before, after) => JSON.stringify(before.block) === JSON.stringify(after.block),
);

/** Code of these languages is text: its lines may be broken. */
const proseIn = new Set(["", "text", "txt", "markdown"]);

function List({ ordered, start, items }: { ordered: boolean; start: number; items: ListItem[] }): ReactNode {
  const drawn = items.map((item, index) => (
    <li key={index}>
      {drawInline(item.text)}
      {item.inner && <List {...item.inner} />}
    </li>
  ));
  return ordered ? <ol start={start}>{drawn}</ol> : <ul>{drawn}</ul>;
}

const drawCell = (text: string) => drawInline(text);

function drawInline(text: string): ReactNode[] {
  return parseInline(text).map((part: Inline, index) => {
    switch (part.type) {
      case "text":
        return plain(part.text);
      case "code":
        return <code key={index}>{plain(part.text)}</code>;
      case "strong":
        return <strong key={index}>{drawInline(part.text)}</strong>;
      case "emphasis":
        return <em key={index}>{drawInline(part.text)}</em>;
      case "link":
        return <AnswerLink key={index} text={part.text} href={part.href} />;
    }
  });
}
