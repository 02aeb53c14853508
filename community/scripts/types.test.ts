import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyOut } from "./copy-out.ts";

const folder = mkdtempSync(join(tmpdir(), "patchbay-types-"));
const at = join(folder, "integrations/trello/cli.ts");
let honest = "";
beforeAll(async () => {
  await copyOut(folder);
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
  for (const slug of readdirSync(join(folder, "integrations")))
    if (slug !== "trello") rmSync(join(folder, "integrations", slug), { recursive: true });
  honest = await readFile(at, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `npm run validate` says of a changed tool. */
function validated(cli: string): Promise<{ code: number; said: string }> {
  writeFileSync(at, cli);
  return new Promise((resolve) =>
    execFile(process.execPath, ["scripts/validate.ts"], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    ),
  );
}
const mistyped = () => honest.replace('type: "integer"', 'type: "integre"');

it("gives to the compiler only what was judged before, and tells what it finds", async () => {
  const { code, said } = await validated(mistyped());
  expect(code).toBe(1);
  expect(said).toMatch(/integrations\/trello\/cli\.ts\(\d+,\d+\): error TS\d+: .*"integre"/);
});

it("shows a hostile contribution to no compiler", async () => {
  const { code, said } = await validated(`import "../../../etc/passwd";\n${mistyped()}`);
  expect(code).toBe(1);
  expect(said).toContain("integrations/trello/cli.ts:1: ");
  expect(said).not.toMatch(/TS\d{4}|integre/);
});
