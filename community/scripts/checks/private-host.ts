/** Not a name of the public internet. A port means one machine's own service; a `{variable}` is asked of each person. */
export function isPrivateHost(text: string): boolean {
  if (/^\{[^}]*\}$/.test(text)) return false; // self-hosted services are wherever they are
  const name = text
    .toLowerCase()
    .replace(/\{[^}]*\}/g, "x")
    .replace(/:443$/, "")
    .replace(/\.$/, "");
  if (/[:[]/.test(name) || /^(?:0x[\da-f]+|\d+)(?:\.(?:0x[\da-f]+|\d+))*$/.test(name)) return true;
  if (!name.includes(".")) return true;
  return /\.(?:local|localhost|localdomain|internal|intranet|lan|home|corp|private|test|invalid|home\.arpa)$/.test(
    name,
  );
}
