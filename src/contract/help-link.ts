/**
 * A "where to find it" link with its blanks filled by what was typed so far: `https://{subdomain}.example.com/keys`.
 *
 * @returns undefined as long as a blank is empty, or when the result is no web address.
 */
export function helpLink(template: string | undefined, typed: Record<string, string | undefined>): string | undefined {
  if (template === undefined) return undefined;
  let isWhole = true;
  const text = template.replace(/\{([A-Za-z][\w.-]*)\}/g, (_, name: string) => {
    const value = typed[name]
      ?.trim()
      .replace(/^https?:\/\//i, "")
      .replace(/\/+$/, "");
    if (!value) isWhole = false;
    return value?.split("/").map(encodeURIComponent).join("/") ?? "";
  });
  return isWhole && /^https?:$/.test(URL.parse(text)?.protocol ?? "") ? text : undefined;
}
