import { spawn } from "node:child_process";

/** Opens an address in the person's browser where there is one; quietly does nothing where not. */
export function openInBrowser(url: string): void {
  const command = { darwin: "open", win32: "explorer.exe" }[process.platform as string] ?? "xdg-open";
  const child = spawn(command, [url], { stdio: "ignore", detached: true });
  child.on("error", () => undefined); // the link was printed as well
  child.unref();
}
