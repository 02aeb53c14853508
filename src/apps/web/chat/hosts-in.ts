/** The hosts in what a person wrote, with or without a scheme before them. */
export function hostsIn(text: string): string[] {
  const words =
    text.match(/(?:https?:\/\/)?[\p{L}\p{N}][\p{L}\p{N}.-]*(?::\d{1,5})?(?=[/?#\s,;:!?)\]}>"'`]|\.?(?:\s|$))/giu) ?? [];
  return words.flatMap((word) => {
    const host = URL.parse(/^https?:/i.test(word) ? word : `https://${word}`)?.host;
    return host && /\.|^localhost\b/.test(host) ? [host.replace(/\.$/, "")] : [];
  });
}
