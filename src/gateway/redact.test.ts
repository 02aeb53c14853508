import { describe, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { credentialRedactor, redactor } from "./redact.ts";

const secret = "canary-31/+&=x";
const header = { place: { in: "header" as const, name: "authorization" }, secret: new Secret(secret) };

describe("an echoed credential", () => {
  it.each([
    ["plain", secret],
    ["percent-encoded", encodeURIComponent(secret)],
    ["form-encoded", new URLSearchParams({ a: secret }).toString().slice(2)],
    ["in JSON with escaped slashes", JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/")],
    ["in HTML", secret.replace("&", "&amp;")],
    ["in HTML by number", secret.replace("&", "&#38;").replace("+", "&#43;")],
    ["percent-encoded in small letters", encodeURIComponent(secret).replaceAll(/%../g, (one) => one.toLowerCase())],
    ["percent-encoded twice", encodeURIComponent(encodeURIComponent(secret))],
    ["in JSON as Go writes it", secret.replace("&", String.raw`\u0026`)],
    ["in JSON as .NET writes it", secret.replace("&", String.raw`\u0026`).replace("+", String.raw`\u002B`)],
    ["in hexadecimal", Buffer.from(secret).toString("hex")],
  ])("%s is taken out", (_how, echoed) => {
    expect(credentialRedactor([header]).text(`before ${echoed} after ${echoed}`)).toBe(
      "before [secret] after [secret]",
    );
  });

  it.each([0, 1, 2])("in Base64 %i bytes into something else is taken out", (before) => {
    const encoded = Buffer.from(`${"abc".slice(0, before)}${secret} and more`).toString("base64");
    const text = credentialRedactor([header]).text(encoded);
    expect(text).toContain("[secret]");
    expect(Buffer.from(text.replaceAll("[secret]", ""), "base64").toString()).not.toContain("nary-31");
  });

  it("as Basic authentication is taken out, the user's e-mail address stays", () => {
    const redact = credentialRedactor([
      { place: { in: "basic_user" }, secret: new Secret("ann@example.com") },
      { place: { in: "basic_password" }, secret: new Secret(secret) },
    ]);
    const encoded = Buffer.from(`ann@example.com:${secret}`).toString("base64");
    expect(redact.text(`Basic ${encoded} of ann@example.com`)).toBe("Basic [secret] of ann@example.com");
  });

  it("that is too short to be told from other text stays", () => {
    const redact = credentialRedactor([{ place: { in: "basic_password" }, secret: new Secret("x") }]);
    expect(redact.text("example")).toBe("example");
  });
});

describe("a stream", () => {
  const text = `start ${secret} middle canary-3 canary-31/${secret}end cana`;
  const wanted = text.replaceAll(secret, "[secret]");

  it.each([1, 2, 3, 5, 7, 13, 14, 15, 100])("loses the secret across pieces of %i bytes, and nothing else", (size) => {
    const stream = redactor([secret]).stream();
    let got = "";
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) got += stream.push(bytes.subarray(at, at + size)).toString();
    got += stream.end().toString();
    expect(got).toBe(wanted);
  });

  it("hides all of a secret of which another is the beginning", () => {
    const redact = redactor(["secret-one", "secret-one-and-two"]);
    const stream = redact.stream();
    const got = Buffer.concat([
      stream.push(Buffer.from("a secret-one")),
      stream.push(Buffer.from("-and-two b")),
      stream.end(),
    ]);
    expect(got.toString()).toBe("a [secret] b");
  });

  it("is passed on at once when nothing in it can be a secret", () => {
    const chunk = Buffer.from("x".repeat(10_000));
    expect(redactor([secret]).stream().push(chunk)).toHaveLength(10_000);
  });
});
