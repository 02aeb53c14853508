/**
 * Measures what the README promises, each against a peer in the same run, so that the ratio holds on any machine.
 * `npm run bench` runs all, `npm run bench -- gateway call` some. Never part of `npm test`.
 */
import { availableParallelism, totalmem } from "node:os";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export type Row = { name: string; value: number; unit: string; ratio?: number; aim?: string };
export type Bench = () => Promise<{ title: string; rows: Row[]; notes?: string[] }>;

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((file) => /^[a-z-]+\.ts$/.test(file) && !["main.ts", "figures.ts"].includes(file))
  .map((file) => file.replace(/\.ts$/, ""))
  .toSorted();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench called ${unknown.join(", ")}. There are: ${names.join(", ")}.`);
  process.exit(2);
}

console.log(`Node ${process.version}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`);
for (const name of wanted.length > 0 ? wanted : names) {
  const module: { bench: Bench } = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
  const { title, rows, notes = [] } = await module.bench();
  console.log(`\n${title}`);
  for (const { name: row, value, unit, ratio, aim } of rows) {
    const figure = `${value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 })} ${unit}`;
    console.log(
      `  ${row.padEnd(52)} ${figure.padStart(16)}  ${ratio === undefined ? "" : `× ${ratio.toFixed(2)}`}${aim ? `   (aim: ${aim})` : ""}`,
    );
  }
  for (const note of notes) console.log(`  ${note}`);
}
