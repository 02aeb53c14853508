import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { hostsIn } from "../chat/hosts-in.ts";
import { LinkHosts } from "./answer-link.tsx";
import { Markdown } from "./markdown.tsx";

/** What the page makes of an answer when the person has said `said` and a service at `api.acme.example` is connected. */
function drawn(text: string, said = ""): string {
  const known = new Set(["api.acme.example", ...hostsIn(said)]);
  const value = (host: string) => known.has(host);
  return renderToStaticMarkup(createElement(LinkHosts, { value }, createElement(Markdown, { text })));
}

describe("a link in an answer", () => {
  it.each([
    ["to a host of a connected integration", "[card](https://api.acme.example/c/1)", ""],
    ["to a host the person has named", "[docs](https://docs.other.example/x)", "see docs.other.example/start, please"],
    ["written as an address", "https://api.acme.example/c/1", ""],
  ])("%s can be clicked", (_what, text, said) => {
    expect(drawn(text, said)).toContain(`href="${/https:[^)]*/.exec(text)?.[0]}"`);
  });

  it.each([
    ["to another host", "[card](https://collect.evil.example/?d=secret)"],
    ["written as an address", "See https://collect.evil.example/?d=secret"],
    ["in a table", "| a |\n|---|\n| [card](https://collect.evil.example/?d=secret) |"],
    ["in a list, in strong letters", "- **[card](https://collect.evil.example/?d=secret)**"],
    ["in a quote", "> [card](https://collect.evil.example/?d=secret)"],
    ["in a heading", "# [card](https://collect.evil.example/?d=secret)"],
    ["in capitals", "[card](HTTPS://COLLECT.EVIL.EXAMPLE/?d=secret)"],
    ["to another port", "[card](https://api.acme.example:8443/?d=secret)"],
    ["to a host that begins like a known one", "[card](https://api.acme.example.evil.example/?d=secret)"],
    ["with a known host as user name", "[card](https://api.acme.example@evil.example/?d=secret)"],
    ["with a backslash before another host", String.raw`[card](https://evil.example\\@api.acme.example/?d=secret)`],
  ])("%s leads nowhere, and tells its host", (_what, text) => {
    const html = drawn(text);
    expect(html).not.toMatch(/href=/);
    expect(html).toContain(text.includes("evil") || text.includes("EVIL") ? "evil.example" : "(api.acme.example:8443)");
  });

  it("that names one address and leads to another tells where it leads", () => {
    expect(drawn("[https://bank.example](https://api.acme.example/x)")).toContain("(api.acme.example)");
  });
});

it.each([
  ["connect me to https://api.acme.example/v1?x=1.", ["api.acme.example"]],
  ["use acme.example, localhost:4800 and 127.0.0.1:80", ["acme.example", "localhost:4800", "127.0.0.1:80"]],
  ["read the file notes", []],
  ["the end.", []],
])("hosts in what a person wrote: %s", (text, hosts) => {
  expect(hostsIn(text)).toEqual(expect.arrayContaining(hosts));
  expect(hostsIn(text).some((host) => !hosts.includes(host) && host.includes("evil"))).toBe(false);
});
