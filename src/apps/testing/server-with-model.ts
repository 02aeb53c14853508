import { readSettings } from "../env.ts";
import { type RunningServer, startServer } from "../server/start.ts";

/** A whole server without its page, whose language model is at `modelUrl`, and which may reach these hosts of this machine. */
export function startServerWithModel(o: {
  dataDir: string;
  modelUrl: string;
  hosts: string[];
}): Promise<RunningServer> {
  return startServer(
    readSettings({
      DATA_DIR: o.dataDir,
      PORT: "0",
      PRACTICE_PORT: "0",
      ANTHROPIC_API_KEY: "sk-test",
      ANTHROPIC_BASE_URL: o.modelUrl,
      ALLOW_PRIVATE_HOSTS: o.hosts.join(","),
    }),
    { page: false, anyPort: true, quiet: true },
  );
}
