import { memo, type ReactNode } from "react";
import { parseBlocks, parseInline, type Inline, type MarkdownBlock } from "./parse-markdown.ts";

/** The agent's text. Only what the parser knows becomes an element, so nothing in a text can become a script or a foreign link. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <div className="markdown">{parseBlocks(text).map((block, index) => drawBlock(block, index))}</div>;
});

function drawBlock(block: MarkdownBlock, key: number): ReactNode {
  switch (block.type) {
    case "paragraph":
      return <p key={key}>{drawInline(block.text)}</p>;
    case "heading":
      return (
        <p key={key} className="heading" role="heading" aria-level={Math.min(block.level + 2, 6)}>
          {drawInline(block.text)}
        </p>
      );
    case "code":
      return (
        <pre key={key} tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "list": {
      const items = block.items.map((item, index) => <li key={index}>{drawInline(item)}</li>);
      return block.ordered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
    case "table":
      return (
        <div key={key} className="table-frame" tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, index) => (
                  <th key={index} scope="col">
                    {drawInline(cell)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column}>{drawInline(cell)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

function drawInline(text: string): ReactNode[] {
  return parseInline(text).map((part: Inline, index) => {
    switch (part.type) {
      case "text":
        return part.text;
      case "code":
        return <code key={index}>{part.text}</code>;
      case "strong":
        return <strong key={index}>{drawInline(part.text)}</strong>;
      case "emphasis":
        return <em key={index}>{drawInline(part.text)}</em>;
      case "link":
        return (
          <a key={index} href={part.href} target="_blank" rel="noreferrer noopener">
            {part.text}
          </a>
        );
    }
  });
}
