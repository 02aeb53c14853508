import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { z } from "zod";
import { proofOf } from "../../contract/opaque-token.ts";
import type { Api } from "../../contract/procedures.ts";

/** How the terminal finds the server that uses a data folder: written by the server, readable by its user only. */
export const ServerFile = z.object({ url: z.url(), pid: z.number().int(), token: z.string() });
export type ServerFile = z.infer<typeof ServerFile>;

export const serverFilePath = (dataFolder: string) => join(dataFolder, "server.json");

/** The typed client of a running server. */
export function connectTo(server: Pick<ServerFile, "url" | "token">): Api {
  return createORPCClient(
    new RPCLink({ url: `${server.url}/rpc`, headers: { authorization: `Bearer ${server.token}` } }),
  );
}

/**
 * The server that uses this data folder now, if it answers. One that was killed leaves its file behind, and anybody may listen
 * on its port since: before it is told the token, or what a person types, it shows that it knows that token.
 */
export async function findServer(dataFolder: string): Promise<ServerFile | undefined> {
  const server = readServerFile(dataFolder);
  if (!server) return undefined;
  const challenge = randomUUID();
  try {
    const answer = await fetch(`${server.url}/health?challenge=${challenge}`, { signal: AbortSignal.timeout(2000) });
    const { proof } = Health.parse(await answer.json());
    return proof === proofOf(server.token, challenge) ? server : undefined;
  } catch {
    return undefined;
  }
}

const Health = z.object({ proof: z.string() });

function readServerFile(dataFolder: string): ServerFile | undefined {
  try {
    return ServerFile.parse(JSON.parse(readFileSync(serverFilePath(dataFolder), "utf8")));
  } catch {
    return undefined; // no server, or one that stopped in the middle of writing
  }
}
