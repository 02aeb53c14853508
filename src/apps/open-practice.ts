import { existsSync } from "node:fs";
import { join } from "node:path";
import { type PracticeService, startPractice } from "../practice/start.ts";
import type { Settings } from "./env.ts";

/** The port newcomers are told; a second Patchbay on the machine takes any other, and keeps it. */
const usualPort = 4801;

/** Starts the practice service that belongs to this data folder: on the port that was set, else where it was last time. */
export async function openPractice(settings: Settings, redirectUris: string[]): Promise<PracticeService> {
  const dataDir = join(settings.DATA_DIR, "practice");
  const options = { dataDir, redirectUris, accessTokenSeconds: settings.PRACTICE_TOKEN_SECONDS };
  if (settings.PRACTICE_PORT) return startPractice({ ...options, port: settings.PRACTICE_PORT });
  if (settings.PRACTICE_PORT === 0 || existsSync(dataDir)) return startPractice(options);
  return startPractice({ ...options, port: usualPort }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return startPractice(options);
    throw error;
  });
}
