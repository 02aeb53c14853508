/** Commands in a text as they can be typed here: started by npm, most likely none called `patchbay` is installed. */
export function asStarted(text: string, environment: NodeJS.ProcessEnv = process.env): string {
  // npm would print a heading of its own into what a script reads; -s keeps it back.
  return environment["npm_lifecycle_event"] === "patchbay" ? text.replace(command, "npm run -s patchbay -- ") : text;
}

const command =
  /\bpatchbay (?=(?:--help|<command>|start|chat|connect|compile|run|update|reads|community|demo|doctor|worker|link|accounts|policies|activity|wanted|keys)(?![\w-]))/g;
