/**
 * `node:process` as a tool sees it. Tools may ask `process.env.TRELLO_BASE_URL` as they would outside Patchbay, but the
 * real environment needs a permission that nobody gets: one that may set `HTTP_PROXY` could leave by another way.
 */
import real from "node:process";

// @ts-expect-error Node's types know only `export =`; Deno's module has names too, and those below replace two of them.
export * from "node:process";
export const env: Record<string, string> = {};
export const argv: string[] = [];
export default real;

Object.defineProperty(real, "env", { value: env, writable: false, configurable: false });
Object.defineProperty(real, "argv", { value: argv });

export function present(values: Record<string, string>, words: string[]): void {
  Object.assign(env, values);
  Object.freeze(env);
  argv.push("patchbay", "tool", ...words);
}
