import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { readSettings } from "../src/apps/env.ts";
import { guardedFetch } from "../src/gateway/guarded-fetch.ts";
import { hostPolicy } from "../src/gateway/host-policy.ts";
import { connectTo } from "./check-oauth/connect-to.ts";
import { Entry } from "./check-oauth/convert-entry.ts";
import { openHouse } from "./check-oauth/open-house.ts";
import { playEntry } from "./check-oauth/play-entry.ts";
import { takeTurns } from "./check-oauth/turns.ts";

/**
 * `npm run check:oauth -- ENTRIES.json [--connect-to http://127.0.0.1:PORT] [--only SLUG]`
 *
 * For each OAuth2 service of a provider list: says it in our own words, signs in (playing the browser), calls the service, lets
 * the token expire, renews, calls again, and once more. Prints `ok slug` or `failed slug: reason`, and a total.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "connect-to": { type: "string" }, only: { type: "string" }, at: { type: "string", default: "2" } },
});
const [file] = positionals;
if (file === undefined) {
  process.stderr.write(
    "usage: npm run check:oauth -- ENTRIES.json [--connect-to http://127.0.0.1:PORT] [--only SLUG] [--at COUNT]\n",
  );
  process.exit(2);
}

const listed = z.array(z.unknown()).parse(JSON.parse(await readFile(file, "utf8")));
const target = values["connect-to"];
const fetch = target === undefined ? guardedFetch(hostPolicy({ allowPrivateHosts: [] })) : connectTo(target);
const house = await openHouse({
  fetch,
  platformClient: target === undefined ? readSettings().platformClient : undefined,
});

let ok = 0;
let failed = 0;
const chosen = listed.filter((entry) => values.only === undefined || slugOf(entry) === values.only);
const turn = takeTurns(Number(values.at));

await Promise.all(
  chosen.map(async (entry) => {
    const read = Entry.safeParse(entry);
    const reason = read.success
      ? await playEntry(house, read.data, turn)
      : `unreadable: ${read.error.issues[0]?.path.join(".")} ${read.error.issues[0]?.message}`;
    if (reason === undefined) ok += 1;
    else failed += 1;
    process.stdout.write(reason === undefined ? `ok ${slugOf(entry)}\n` : `failed ${slugOf(entry)}: ${reason}\n`);
  }),
);
process.stdout.write(`${ok} of ${chosen.length} ok, ${failed} failed\n`);
await house.close();
process.exit(failed === 0 ? 0 : 1);

function slugOf(entry: unknown): string {
  const read = z.object({ slug: z.string() }).safeParse(entry);
  return read.success ? read.data.slug : "(no slug)";
}
