import { describe, expect, it } from "vitest";
import { fill, fillHost, fillUrl } from "./fill-template.ts";

describe("fill", () => {
  it("takes the first alternative whose names are all known", () => {
    const template = "https://{region}.example.com || https://{instance} || https://example.com";
    expect(fill(template, { region: "eu" })).toBe("https://eu.example.com");
    expect(fill(template, { instance: "acme.example.com" })).toBe("https://acme.example.com");
    expect(fill(template, { region: "" })).toBe("https://example.com");
    expect(fill("urn:account:{id}", {})).toBeUndefined();
  });

  it("makes another {random} each time", () => {
    expect(fill("{random}", {})).not.toBe(fill("{random}", {}));
  });

  it("leaves JSON in a parameter alone", () => {
    expect(fill('{"id_token":{"email":null}}', {})).toBe('{"id_token":{"email":null}}');
  });
});

describe("fillUrl", () => {
  it.each([
    ["https://{host}/token", { host: "acme.example.com" }, "https://acme.example.com/token"],
    ["https://{host}/token", { host: "https://acme.example.com/" }, "https://acme.example.com/token"],
    ["https://{host}/token", { host: "acme.example.com:8443/wiki" }, "https://acme.example.com:8443/wiki/token"],
    [
      "{instance_url}/services",
      { instance_url: "https://acme.example.com/base/" },
      "https://acme.example.com/base/services",
    ],
    ["{instance_url}", { instance_url: "https://acme.example.com" }, "https://acme.example.com"],
    ["https://api.example.com/{account}/x", { account: "a b/c?d" }, "https://api.example.com/a%20b%2Fc%3Fd/x"],
    ["https://example.com/t?site={site}", { site: "a&b=c#d" }, "https://example.com/t?site=a%26b%3Dc%23d"],
  ])("fills %s", (template, values, url) => {
    expect(fillUrl(template, values as Record<string, string>)).toBe(url);
  });

  it.each(["evil.example/", "a.evil.example", "evil.example#", "user@evil.example", "a:80", " ", "-", "é", "a/../b"])(
    "refuses %j as a part of a host",
    (tenant) => {
      const result = () => fillUrl("https://{tenant}.example.com/", { tenant });
      expect(result).toThrow("tenant may hold letters, digits and dashes only");
    },
  );

  it.each([
    "user:pass@evil.example",
    "acme.example.com?x",
    "acme.example.com#",
    "acme.example.com/../x",
    "//evil.example",
    "acme.example.com\\x",
    "javascript:alert(1)",
    "[::1]",
  ])("refuses %j as a whole host", (host) => {
    expect(() => fillUrl("https://{host}/token", { host })).toThrow(
      "host must be a host name such as acme.example.com",
    );
  });

  it("lets a pattern admit several labels, and not more", () => {
    const variables = [{ name: "region", pattern: "[a-z.]+" }];
    expect(fillUrl("https://api.{region}/", { region: "eu.example.com" }, variables)).toBe(
      "https://api.eu.example.com/",
    );
    expect(() => fillUrl("https://api.{region}/", { region: "eu.example.com/" }, variables)).toThrow("region may hold");
  });

  it("refuses to walk up the path", () => {
    expect(() => fillUrl("https://example.com/a/{id}/b", { id: ".." })).toThrow("id may not hold dots alone");
  });
});

describe("fillHost", () => {
  it.each([
    ["{subdomain}.example.com", { subdomain: "acme" }, "acme.example.com"],
    ["{instance_url}", { instance_url: "https://acme.example.com:8443/base" }, "acme.example.com:8443"],
    ["api.example.com", {}, "api.example.com"],
    ["{instance_url}", {}, undefined],
  ])("fills %s", (template, values, host) => {
    expect(fillHost(template, values as Record<string, string>)).toBe(host);
  });
});
