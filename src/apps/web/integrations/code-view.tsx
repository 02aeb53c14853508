import { parse, type ParsedToken } from "sugar-high/core";
import * as typescript from "sugar-high/lang/typescript";
import { useMemo } from "react";
import { showHidden } from "../../../contract/marked-data.ts";
import { LineList } from "./line-list.tsx";

/** A file with its colours. Only lines in sight are drawn, and long files are read line by line, as they come in sight. */
export function CodeView({ name, text }: { name: string; text: string }) {
  const lines = useMemo(() => text.replace(/\n$/, "").split("\n"), [text]);
  const whole = useMemo(
    () => (name !== "instructions.md" && text.length < readWhole ? parse(text, typescript).lines : undefined),
    [name, text],
  );
  const tokensOf = (index: number): readonly ParsedToken[] => {
    const line = lines[index] ?? "";
    if (name === "instructions.md" || line.length > longestLine) return [{ type: "identifier", value: line }];
    return whole?.[index]?.tokens ?? parse(line, typescript).lines[0]?.tokens ?? [];
  };
  return (
    <LineList
      label={name}
      count={lines.length}
      line={(index) => ({ key: index, number: index + 1, text: draw(tokensOf(index)) })}
    />
  );
}

const readWhole = 300_000;
const longestLine = 2000;

function draw(tokens: readonly ParsedToken[]) {
  return tokens.map(({ type, value }, index) => {
    const shown = showHidden(shorten(value));
    return type === "space" || type === "identifier" ? (
      shown
    ) : (
      <span key={index} className={`code-${type}`}>
        {shown}
      </span>
    );
  });
}

/** A line of ten megabytes is no reason to draw one. */
export function shorten(line: string): string {
  return line.length > longestLine
    ? `${line.slice(0, longestLine)} … ${(line.length - longestLine).toLocaleString("en")} more characters`
    : line;
}
