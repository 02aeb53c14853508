import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { openJournal } from "./journal.ts";

const Thing = z.object({ id: z.string(), size: z.number() });
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "journal-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const path = () => join(folder, "journal.jsonl");
const stored = () => {
  const journal = openJournal(folder);
  const things = journal.shelf("thing", Thing).all();
  journal.close();
  return things;
};

it("gives back what was put, changed and dropped, in the order of arrival", () => {
  const journal = openJournal(folder);
  const shelf = journal.shelf("thing", Thing);
  for (const id of ["a", "b", "c"]) shelf.put({ id, size: 1 });
  shelf.put({ id: "a", size: 2 });
  shelf.drop("b");
  journal.close();
  expect(stored()).toEqual([
    { id: "a", size: 2 },
    { id: "c", size: 1 },
  ]);
});

it("has every change on disk when put returns, without being closed", () => {
  const journal = openJournal(folder);
  journal.shelf("thing", Thing).put({ id: "a", size: 1 });
  expect(readFileSync(path(), "utf8")).toBe(`[{"kind":"thing","id":"a","value":{"id":"a","size":1}}]\n`);
  journal.close();
});

it("leaves out a last line that was torn by a kill, and goes on from there", () => {
  const journal = openJournal(folder);
  journal.shelf("thing", Thing).put({ id: "a", size: 1 });
  journal.close();
  appendFileSync(path(), `[{"kind":"thing","id":"b","value":{"id":"b","si`);
  expect(stored()).toEqual([{ id: "a", size: 1 }]);
  const next = openJournal(folder);
  next.shelf("thing", Thing).put({ id: "c", size: 1 });
  next.close();
  expect(stored().map(({ id }) => id)).toEqual(["a", "c"]);
});

it("keeps changes made together in one line, so that a torn line loses all of them or none", () => {
  const journal = openJournal(folder);
  const shelf = journal.shelf("thing", Thing);
  journal.together(() => {
    shelf.put({ id: "a", size: 1 });
    journal.together(() => shelf.put({ id: "b", size: 1 }));
  });
  expect(readFileSync(path(), "utf8").split("\n")).toHaveLength(2);
  expect(() =>
    journal.together(() => {
      shelf.put({ id: "c", size: 1 });
      throw new Error("after c");
    }),
  ).toThrow("after c");
  journal.close();
  expect(stored().map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

it("is written anew when its history grows long", () => {
  const journal = openJournal(folder);
  const shelf = journal.shelf("thing", Thing);
  for (let size = 0; size < 5_000; size += 1) shelf.put({ id: "a", size });
  expect(readFileSync(path(), "utf8").split("\n").length).toBeLessThan(2_100);
  journal.close();
  expect(stored()).toEqual([{ id: "a", size: 4_999 }]);
});

it("keeps kinds nobody asked for when it is written anew", () => {
  const journal = openJournal(folder);
  journal.shelf("thing", Thing).put({ id: "a", size: 1 });
  journal.close();
  openJournal(folder).close();
  expect(stored()).toEqual([{ id: "a", size: 1 }]);
});

it("says which file and line is damaged, and touches nothing", () => {
  writeFileSync(path(), `[{"kind":"thing","id":"a","value":{"id":"a","size":1}}]\nnot json\n[]\n`);
  expect(() => openJournal(folder)).toThrow(`The practice data in ${path()} is damaged at line 2.`);
  expect(readFileSync(path(), "utf8")).toContain("not json");
});

it("is for its owner's eyes only", () => {
  const journal = openJournal(folder);
  journal.files.put("plan", new Uint8Array([1]));
  journal.close();
  expect([path(), join(folder, "files", "plan")].map((file) => statSync(file).mode & 0o077)).toEqual([0, 0]);
});

it.each(["disk", "memory"])("keeps files byte for byte (%s)", (where) => {
  const journal = openJournal(where === "disk" ? folder : undefined);
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  journal.files.put("all-bytes", bytes);
  expect(new Uint8Array(journal.files.get("all-bytes") ?? [])).toEqual(bytes);
  journal.files.drop("all-bytes");
  journal.files.drop("all-bytes");
  expect(journal.files.get("all-bytes")).toBeUndefined();
  journal.close();
});

it("leaves the disk alone when it lives in memory", () => {
  const journal = openJournal();
  const shelf = journal.shelf("thing", Thing);
  shelf.put({ id: "a", size: 1 });
  expect([shelf.get("a"), readdirSync(folder)]).toEqual([{ id: "a", size: 1 }, []]);
  journal.close();
});
