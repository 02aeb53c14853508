import ipaddr from "ipaddr.js";

/** Where an address lies: on the public internet, in a network of one's own, or where no request has any business. */
export type AddressKind = "public" | "private" | "special";

const ownNetworks = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"]);
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/**
 * Judges an address as a resolver or a URL gives it. IPv4 inside IPv6 (mapped, compatible) is judged as the IPv4 address it
 * reaches; translated and tunnelled forms (NAT64, 6to4, Teredo) hide their destination and count as special, as does
 * link-local, where cloud metadata lives.
 */
export function kindOfAddress(text: string): AddressKind {
  if (!ipaddr.isValid(text)) return "special";
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv6) {
    if (address.range() === "ipv4Mapped") return kindOfAddress(ipv4Inside(address));
    if (ownNetworks.has(address.range())) return "private";
    return address.range() === "unicast" && address.match(globalUnicast) ? "public" : "special";
  }
  const range = address.range();
  if (range === "unicast") return "public";
  return ownNetworks.has(range) ? "private" : "special";
}

function ipv4Inside(address: ipaddr.IPv6): string {
  return address.toByteArray().slice(12).join(".");
}
