import { Problem } from "../../contract/problem.ts";
import { openHouse } from "../assemble.ts";
import type { Settings } from "../env.ts";
import { createLog } from "../server/log.ts";

/** `patchbay worker`: takes jobs from the queue until it is told to stop. The embedded default works on them in the server. */
export async function work(settings: Settings): Promise<void> {
  if (!settings.DATABASE_URL) throw new Problem("worker_needs_database");
  const log = createLog({ human: Boolean(process.stderr.isTTY), write: (line) => void process.stderr.write(line) });
  const house = await openHouse(settings, log, { practice: false });
  await house.workOnJobs();
  process.stdout.write("Working on jobs. Stop with Ctrl-C.\n");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await house.close();
}
