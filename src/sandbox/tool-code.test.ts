import { describe, expect, it } from "vitest";
import { RefusedCode } from "./strip-types.ts";
import { runnableCode } from "./tool-code.ts";

const nested = (depth: number) => `export default (${"[".repeat(depth)}${"]".repeat(depth)});`;

describe("code made to end whoever reads it", () => {
  it.each([
    ["lists in lists, 20,000 deep", nested(20_000)],
    ["a sum of 100,000 parts", `export default ${"1+".repeat(100_000)}1;`],
    ["a function that returns a function, 30,000 times", `export default ${"()=>".repeat(30_000)}1;`],
    ["lists in lists, 2,000 deep, which breaks what takes types away", nested(2_000)],
  ])("%s: refused in words, and the next file is read", async (_name, code) => {
    await expect(runnableCode(code)).rejects.toThrow(new RefusedCode("this code is nested too deeply to be read"));
    expect(await runnableCode(`export const n: number = ${code.length};`)).toBe(
      `export const n         = ${code.length};`,
    );
  });

  it("keeps others waiting no longer than it takes, and takes nothing from them", async () => {
    const files = Array.from({ length: 20 }, (_, index) => `export const n = ${index};`);
    const read = await Promise.allSettled([nested(20_001), ...files].map((code) => runnableCode(code)));
    expect(read.map((one) => (one.status === "fulfilled" ? one.value : undefined))).toEqual([undefined, ...files]);
  });
});

it("reads a file that is known at once", async () => {
  const code = `export const fields = ${JSON.stringify(Array.from({ length: 2000 }, (_, index) => ({ name: `n${index}` })))};`;
  await runnableCode(code);
  const start = performance.now();
  for (let index = 0; index < 100; index += 1) await runnableCode(code);
  expect((performance.now() - start) / 100).toBeLessThan(3);
});
