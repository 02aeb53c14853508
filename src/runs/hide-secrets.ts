import type { Placement } from "../gateway/place.ts";
import { credentialRedactor } from "../gateway/redact.ts";

/** Takes the secrets a run was given out of what it prints, in pieces as they come. More may be known later. */
export function secretHider(): { know(placements: Placement[]): void; push(text: string): string; end(): string } {
  const known: Placement[] = [];
  let stream: ReturnType<ReturnType<typeof credentialRedactor>["stream"]> | undefined;
  let decoder = new TextDecoder();
  let left = "";
  const finish = () => {
    const text = stream ? decoder.decode(stream.end()) : "";
    decoder = new TextDecoder();
    return text;
  };
  return {
    know(placements) {
      left += finish();
      known.push(...placements);
      stream = credentialRedactor([...known]).stream();
    },
    push(text) {
      const before = left;
      left = "";
      return before + (stream ? decoder.decode(stream.push(Buffer.from(text)), { stream: true }) : text);
    },
    end() {
      const text = left + finish();
      left = "";
      stream = undefined;
      return text;
    },
  };
}
