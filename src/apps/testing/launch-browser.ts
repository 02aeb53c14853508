import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";

const installed = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** A browser that is installed, else the one npm brought along. It ends with this process, however that ends. */
export async function launchBrowser(): Promise<Browser> {
  const own = installed.find((path) => existsSync(path));
  if (own) return launch(own);
  if (process.platform !== "linux") throw new Error("Install Google Chrome: npm brings a browser for Linux only.");
  const { program, libraries, fonts } = await unpacked();
  const environment: Record<string, string> = existsSync("/etc/fonts/fonts.conf") ? {} : { FONTCONFIG_FILE: fonts };
  try {
    return await launch(program, environment);
  } catch {
    // A bare machine lacks the libraries of certificates; those it brings want a newer system than it does itself.
    return launch(program, { ...environment, LD_LIBRARY_PATH: libraries });
  }
}

// Not with the arguments the package suggests: they switch off the very rules of the web that are tested here.
const launch = (executablePath: string, environment: Record<string, string> = {}) =>
  chromium.launch({ executablePath, args: ["--no-sandbox"], env: { ...process.env, ...environment } });

/**
 * Unpacks the browser inside its package, so that another version brings its own. It appears whole or not at all, also when
 * several test files come at once or one is stopped meanwhile; the package itself would unpack into a folder of everybody's.
 */
async function unpacked(): Promise<{ program: string; libraries: string; fonts: string }> {
  const folder = join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "../unpacked");
  const fonts = join(folder, "fonts.conf");
  if (!existsSync(folder)) {
    const scratch = mkdtempSync(`${folder}-`);
    // Told that it is in Lambda, it unpacks the libraries too.
    const env = { TMPDIR: scratch, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
    const words = ["--input-type=module", "-e", `await (await import("@sparticuz/chromium")).default.executablePath()`];
    try {
      await promisify(execFile)(process.execPath, words, { cwd: import.meta.dirname, env });
      writeFileSync(join(scratch, "fonts.conf"), `<fontconfig><dir>${join(folder, "fonts")}</dir></fontconfig>`);
      renameSync(scratch, folder);
    } catch (error) {
      rmSync(scratch, { recursive: true, force: true });
      if (!existsSync(folder)) throw error; // else somebody else was first
    }
  }
  return { program: join(folder, "chromium"), libraries: join(folder, "al2023/lib"), fonts };
}
