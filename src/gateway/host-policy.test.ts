import { describe, expect, it } from "vitest";
import { kindOfAddress } from "./address.ts";
import { readHost } from "./host.ts";
import { hostPolicy } from "./host-policy.ts";

describe("an address", () => {
  it.each([
    ["8.8.8.8", "public"],
    ["2606:4700::1111", "public"],
    ["::ffff:8.8.8.8", "public"],
    ["127.0.0.1", "private"],
    ["10.1.2.3", "private"],
    ["172.16.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["::1", "private"],
    ["fd00:ec2::254", "private"],
    ["::ffff:127.0.0.1", "private"],
    ["::ffff:7f00:1", "private"],
    ["::127.0.0.1", "private"],
    ["169.254.169.254", "special"],
    ["::ffff:169.254.169.254", "special"],
    ["fe80::1", "special"],
    ["0.0.0.0", "special"],
    ["::", "special"],
    ["64:ff9b::7f00:1", "special"],
    ["64:ff9b:1::a9fe:a9fe", "special"],
    ["2002:7f00:1::", "special"],
    ["2001::1", "special"],
    ["fec0::1", "special"],
    ["4000::1", "special"],
    ["255.255.255.255", "special"],
    ["224.0.0.1", "special"],
    ["198.18.0.1", "special"],
    ["not an address", "special"],
  ])("%s is %s", (address, kind) => {
    expect(kindOfAddress(address)).toBe(kind);
  });
});

describe("a host", () => {
  it.each([
    ["api.example.com", "api.example.com"],
    ["API.Example.com", "api.example.com"],
    ["api.example.com:443", "api.example.com"],
    ["api.example.com:8443", "api.example.com:8443"],
    ["127.0.0.1:4801", "127.0.0.1:4801"],
    ["[2606:4700::1111]:8443", "[2606:4700::1111]:8443"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ])("written %s is read as %s", (written, read) => {
    expect(readHost(written).text).toBe(read);
  });

  it.each([
    ["decimal", "2130706433"],
    ["hexadecimal", "0x7f000001"],
    ["octal", "0177.0.0.1"],
    ["short", "127.1"],
    ["hexadecimal in parts", "0x7f.0.0.1"],
    ["mapped into IPv6", "[::ffff:127.0.0.1]"],
    ["long IPv6", "[0:0:0:0:0:0:0:1]"],
    ["with a zone", "[fe80::1%25eth0]"],
    ["with a user", "api.example.com@evil.example"],
    ["with a trailing dot", "api.example.com."],
    ["with two dots", "api..example.com"],
    ["in full-width letters", "ａpi.example.com"],
    ["in circled digits", "①②⑦.⓪.⓪.①"],
    ["with an escape", "api%2eexample.com"],
    ["with a space", "api.example.com evil"],
    ["with port 0", "api.example.com:0"],
    ["with a huge port", "api.example.com:70000"],
    ["empty", ""],
  ])("%s is refused", (_disguise, written) => {
    expect(() => readHost(written)).toThrow(expect.objectContaining({ code: "host_refused" }));
  });
});

describe("the host policy", () => {
  const answers =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const addresses = (policy: ReturnType<typeof hostPolicy>, host: string, scheme: "http:" | "https:" = "https:") =>
    policy.addressesOf(scheme, readHost(host));

  it("gives the public addresses of a name and leaves private ones out", async () => {
    const policy = hostPolicy({ allowPrivateHosts: [], lookup: answers("10.0.0.1", "93.184.216.34") });
    expect(await addresses(policy, "api.example.com")).toEqual([{ address: "93.184.216.34", family: 4 }]);
  });

  it.each(["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])(
    "refuses a name that points at %s",
    async (address) => {
      const policy = hostPolicy({ allowPrivateHosts: [], lookup: answers(address) });
      await expect(addresses(policy, "rebind.example")).rejects.toMatchObject({ code: "address_refused" });
    },
  );

  it("refuses private addresses, and plain http to the public", async () => {
    const policy = hostPolicy({ allowPrivateHosts: [], lookup: answers("93.184.216.34") });
    await expect(addresses(policy, "127.0.0.1")).rejects.toMatchObject({ code: "address_refused" });
    await expect(addresses(policy, "[::1]")).rejects.toMatchObject({ code: "address_refused" });
    await expect(addresses(policy, "api.example.com", "http:")).rejects.toMatchObject({ code: "scheme_refused" });
  });

  it("allows what is listed, at the port that is listed, also while running", async () => {
    const policy = hostPolicy({
      allowPrivateHosts: ["127.0.0.1:4801", "10.0.0.5", "intranet.example:8443"],
      lookup: answers("192.168.0.9"),
    });
    expect(await addresses(policy, "127.0.0.1:4801", "http:")).toEqual([{ address: "127.0.0.1", family: 4 }]);
    expect(await addresses(policy, "10.0.0.5:99", "http:")).toHaveLength(1);
    expect(await addresses(policy, "intranet.example:8443")).toHaveLength(1);
    await expect(addresses(policy, "127.0.0.1:4802")).rejects.toMatchObject({ code: "address_refused" });
    await expect(addresses(policy, "intranet.example")).rejects.toMatchObject({ code: "address_refused" });
    policy.allow("127.0.0.1:4802");
    expect(await addresses(policy, "127.0.0.1:4802", "http:")).toHaveLength(1);
  });

  it("keeps a listed name away from cloud metadata", async () => {
    const policy = hostPolicy({ allowPrivateHosts: ["intranet.example"], lookup: answers("169.254.169.254") });
    await expect(addresses(policy, "intranet.example")).rejects.toMatchObject({ code: "address_refused" });
  });

  it("lists only hosts that can be read", () => {
    expect(() => hostPolicy({ allowPrivateHosts: ["0x7f000001"] })).toThrow(
      expect.objectContaining({ code: "host_refused" }),
    );
  });
});
