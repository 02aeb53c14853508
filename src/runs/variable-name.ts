/** `TRELLO_BASE_URL`, as the kit names it. */
export function variableName(slug: string, name: string): string {
  return `${slug}_${name}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}
