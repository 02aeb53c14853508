import { describe, expect, it } from "vitest";
import { cleanSvg } from "./clean-svg.ts";

const whole = (inside: string) => `<svg viewBox="0 0 24 24">${inside}</svg>`;
const kept = (inside: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${inside}</svg>`;

describe("an icon as SVG", () => {
  it("keeps its shapes, colours and gradients", () => {
    const shapes =
      '<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>' +
      '<g transform="translate(1,2) rotate(45)"><path d="M1.5 2L-3e1,4z" fill="url(#a)"/></g><circle cx="1" cy="2" r="3"/>';
    expect(cleanSvg(whole(shapes))).toBe(kept(shapes));
  });

  it("reads what drawing programs write: a prolog, a doctype, comments, styles of one element", () => {
    const text = `\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
      <!-- drawn --><svg viewBox="0 0 24 24"><title>Logo</title><path style="fill: #f00; mask: url(https://evil.example/x)" d="M0 0"/></svg><!-- end -->`;
    expect(cleanSvg(text)).toBe(kept('<path fill="#f00" d="M0 0"/>'));
  });

  it.each([
    ["a script", "<script>alert(1)</script>"],
    ["a script with CDATA", "<script><![CDATA[alert(1)]]></script>"],
    ["a style sheet", "<style>@import 'https://evil.example/x.css'; path{fill:red}</style>"],
    ["a link", '<a xlink:href="javascript:alert(1)"><path d="M0 0"/></a>'],
    ["a picture of elsewhere", '<image href="https://evil.example/pixel.png"/>'],
    ["foreign content", "<foreignObject><iframe></iframe></foreignObject>"],
    ["an animation that sets a link", '<animate attributeName="href" values="javascript:alert(1)"/>'],
    ["a copy of something", '<use href="#bomb"/>'],
    ["a filter that fetches", '<filter><feImage href="https://evil.example/x"/></filter>'],
  ])("leaves out %s", (_, inside) => {
    expect(cleanSvg(whole(inside))).toBe(kept(""));
  });

  it.each([
    ["an event", '<path onload="alert(1)" d="M0 0"/>'],
    ["an address in a colour", '<path fill="url(https://evil.example/x)" d="M0 0"/>'],
    ["an escaped address", '<path fill="u&#114;l(https://evil.example)" d="M0 0"/>'],
    ["a style with an address", '<path style="fill:url(//evil.example/x)" d="M0 0"/>'],
    ["a link on a shape", '<path xlink:href="javascript:alert(1)" href="data:text/html,x" d="M0 0"/>'],
    ["a quote that ends early", '<path fill=\'"/onload=alert(1)\' d="M0 0"/>'],
  ])("keeps the shape without %s", (_, inside) => {
    expect(cleanSvg(whole(inside))).toBe(kept('<path d="M0 0"/>'));
  });

  it.each([
    ["entities", '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>'],
    ["a page", "<!doctype html><html><body><svg></svg></body></html>"],
    ["a page behind the picture", "<svg></svg><script>alert(1)</script>"],
    ["tags that cross", "<svg><g></svg></g>"],
    ["an end that is missing", "<svg><path"],
    ["an attribute without quotes", "<svg onload=alert(1)></svg>"],
    ["words", "not a picture"],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(cleanSvg(text)).toBeUndefined();
  });

  it("reads the longest picture in a moment, however it is made", () => {
    const started = performance.now();
    for (const unit of ["<", "<svg ", "<!--", "<g>", '<svg a="', "<svg a='b' ", "<![CDATA["])
      cleanSvg(unit.repeat(50_000));
    cleanSvg(whole('<path d="M0 0"/>'.repeat(15_000)));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
