import { useRef, useState, type DragEvent, type ReactNode } from "react";
import { Icon } from "../parts/icon.tsx";

/** The chat takes files that are dropped anywhere on it. */
export function DropZone({ onFiles, children }: { onFiles: (files: File[]) => void; children: ReactNode }) {
  const [isOver, setOver] = useState(false);
  // A drag enters each thing it passes; it has left when it left as many.
  const depth = useRef(0);
  const brings = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return (
    <div
      className="chat"
      onDragEnter={(event) => {
        if (!brings(event)) return;
        depth.current += 1;
        setOver(true);
      }}
      onDragOver={(event) => {
        if (brings(event)) event.preventDefault();
      }}
      onDragLeave={() => {
        depth.current = Math.max(0, depth.current - 1);
        if (depth.current === 0) setOver(false);
      }}
      onDrop={(event) => {
        if (!brings(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {isOver && (
        <div className="drop-here" role="status">
          <p className="drop-plate">
            <span className="jack large" data-state="asking" aria-hidden="true">
              <Icon name="file" />
            </span>
            <strong>Drop it here</strong>
            <span className="soft">An API document becomes a tool; a CSV or any other text comes along.</span>
          </p>
        </div>
      )}
    </div>
  );
}
