import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { z } from "zod";
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

/** The server that uses this data folder now, if it answers. */
export async function findServer(dataFolder: string): Promise<ServerFile | undefined> {
  const server = readServerFile(dataFolder);
  if (!server) return undefined;
  const answer = await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  return answer?.ok ? server : undefined;
}

function readServerFile(dataFolder: string): ServerFile | undefined {
  try {
    return ServerFile.parse(JSON.parse(readFileSync(serverFilePath(dataFolder), "utf8")));
  } catch {
    return undefined; // no server, or one that stopped in the middle of writing
  }
}
