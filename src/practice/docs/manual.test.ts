import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operations } from "../operations.ts";
import { startPractice } from "../start.ts";
import type { PracticeService } from "../start.ts";

let service: PracticeService;
const pages = new Map<string, string>();
const broken: string[] = [];

/** Reads every page that can be reached by links from the manual's first. */
beforeAll(async () => {
  service = await startPractice();
  const open = [service.docsUrl];
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    if (pages.has(address)) continue;
    const answer = await fetch(address);
    if (!answer.ok) broken.push(address);
    const html = await answer.text();
    pages.set(address, html);
    for (const [, link = ""] of html.matchAll(/ href="([^"]+)"/g))
      open.push(new URL(link, address).href.replace(/#.*/, ""));
  }
});
afterAll(() => service.close());

const text = () => [...pages.values()].join("\n").replaceAll("&quot;", '"');

describe("the manual", () => {
  it("has ten pages, each with the same navigation", () => {
    const manual = [...pages].filter(([address]) => address.startsWith(service.docsUrl));
    expect(manual).toHaveLength(10);
    for (const [, html] of manual)
      expect([...html.matchAll(/<nav .*?<\/nav>/gs)].join("").match(/href="\/docs/g)).toHaveLength(10);
  });

  it("speaks of every request the API takes, and of no other", () => {
    const headlines = [...text().matchAll(/<pre><code>(GET|POST|PATCH|DELETE) (\/[^<]*)<\/code>/g)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    const known = operations
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
      .filter((line) => line !== "GET /me");
    expect(headlines.toSorted()).toEqual(known.toSorted());
    expect(text()).toContain("GET /me");
  });

  it("names every parameter, field and error code", () => {
    const names = operations.flatMap(({ query, body }) => [
      ...Object.keys(query?.shape ?? {}),
      ...(body && "shape" in body.schema ? Object.keys(Object(body.schema.shape)) : []),
    ]);
    expect(names.length).toBeGreaterThan(40);
    for (const name of new Set(names)) expect(text()).toContain(`<code>${name}</code>`);
    for (const code of [
      "invalid_json",
      "invalid_form",
      "invalid_cursor",
      "sign_in_needed",
      "invalid_key",
      "incomplete_key",
      "invalid_token",
      "insufficient_scope",
      "not_yours",
      "not_found",
      "method_not_allowed",
      "label_exists",
      "too_large",
      "wrong_content_type",
      "invalid_fields",
      "too_many_requests",
    ])
      expect(text()).toContain(`<code>${code}</code>`);
  });

  it("leads nobody to the machine-readable document", () => {
    expect(text().toLowerCase()).not.toMatch(/openapi|swagger|\.json\b|\.ya?ml\b/);
  });

  it("has links that arrive, also within pages", () => {
    expect(broken).toEqual([]);
    for (const [address, html] of pages)
      for (const [, link = ""] of html.matchAll(/ href="([^"]*#[^"]+)"/g)) {
        const { href, hash } = new URL(link, address);
        expect(pages.get(href.replace(/#.*/, ""))).toContain(`id="${hash.slice(1)}"`);
      }
  });

  it("gives examples that work as they stand", async () => {
    const commands = [...text().matchAll(/<code class="language-sh">(.*?)<\/code>/gs)].map(([, code = ""]) =>
      code.replaceAll("&#39;", "'").replaceAll("&amp;", "&"),
    );
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands.filter((line) => !line.includes("-F "))) {
      const address = command.match(/http:\/\/[^\s"]+/)?.[0] ?? "";
      const body = command.match(/-d '([^']+)'/)?.[1];
      const cursor = Buffer.from(`[20000,"crd_books_20"]`).toString("base64url");
      const answer = await fetch(
        address
          .replace("YOUR_KEY", service.keys.pair.key)
          .replace("YOUR_TOKEN", service.keys.pair.token)
          .replace("NEXT_CURSOR", cursor),
        {
          headers: {
            ...(command.includes("X-Board-Key") && { "x-board-key": service.keys.apiKey }),
            ...(body && { "content-type": "application/json" }),
          },
          ...(body && { method: "POST", body }),
        },
      );
      expect([command, answer.ok]).toEqual([command, true]);
    }
  });
});
