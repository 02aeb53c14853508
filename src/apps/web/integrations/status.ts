import type { Connection } from "../../../contract/connection.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";

export type AccountState = Connection["status"] | "paused";

export const accountState = (one: Pick<Connection, "enabled" | "status">): AccountState =>
  one.enabled ? one.status : "paused";

export const accountWords: Record<AccountState, string> = {
  connected: "connected",
  sign_in_again: "the service ended this sign-in",
  failing: "not answering, the sign-in is kept",
  paused: "paused",
  pending: "waiting for its first read",
};

/** How an integration is as a whole: what asks for the person goes before what works. */
export type Status = "sign_in_again" | "failing" | "connected" | "paused" | "known";

export function statusOf({ connections }: Pick<IntegrationSummary, "connections">): Status {
  const states = connections.map(accountState);
  if (states.includes("sign_in_again")) return "sign_in_again";
  if (states.includes("failing")) return "failing";
  if (states.includes("connected") || states.includes("pending")) return "connected";
  return states.includes("paused") ? "paused" : "known";
}

export const statusWords: Record<Status, string> = {
  sign_in_again: "Sign in again",
  failing: "Failing",
  connected: "Connected",
  paused: "Paused",
  known: "Not connected",
};

export const statusTones: Record<Status, "asks" | "alarm" | "good" | undefined> = {
  sign_in_again: "asks",
  failing: "alarm",
  connected: "good",
  paused: undefined,
  known: undefined,
};

const order: Status[] = ["sign_in_again", "failing", "connected", "paused", "known"];

export function byUrgency(one: IntegrationSummary, other: IntegrationSummary): number {
  return order.indexOf(statusOf(one)) - order.indexOf(statusOf(other)) || one.name.localeCompare(other.name, "en");
}
