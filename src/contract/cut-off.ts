import type { Approval } from "./approval.ts";

/** What page and terminal say of a question whose command ended before the answer. */
export function cutOffNote({ createdAt, expiresAt }: Pick<Approval, "createdAt" | "expiresAt">): string {
  // A yes holds as long as a question stays open.
  const minutes = Math.max(1, Math.round((expiresAt.getTime() - createdAt.getTime()) / 60_000));
  const time = minutes === 1 ? "a minute" : `${minutes} minutes`;
  return `The command that asked was stopped, and nothing was sent. A yes now counts once, when the same is asked again within ${time}.`;
}

export const yesForLater = "You said yes; it is sent when the same is asked again.";
