import { describe, expect, it } from "vitest";
import { writeBody } from "./body.ts";
import { Upload } from "./upload.ts";
import { toXml } from "./xml.ts";

const text = (data: string | Uint8Array) => (typeof data === "string" ? data : new TextDecoder().decode(data));
const bytes = (plain: string) => new TextEncoder().encode(plain);

it.each(["application/json", "application/vnd.api+json", "application/json; charset=utf-8"])(
  "writes %s as JSON",
  (type) => {
    expect(writeBody({ a: [1, null, "é"] }, type)).toEqual({ contentType: type, data: '{"a":[1,null,"é"]}' });
  },
);

describe("urlencoded bodies", () => {
  const form = "application/x-www-form-urlencoded";
  it("repeats lists and writes objects as JSON where the document is silent", () => {
    expect(writeBody({ a: "x y&z", b: [1, 2], c: { d: 1 } }, form).data).toBe(
      "a=x%20y%26z&b=1&b=2&c=%7B%22d%22%3A1%7D",
    );
  });
  it("follows the encoding object", () => {
    const encoding = { b: { explode: false }, c: { style: "deepObject", explode: true } } as const;
    expect(writeBody({ b: [1, 2], c: { d: { e: 1 } } }, form, { encoding }).data).toBe("b=1,2&c%5Bd%5D%5Be%5D=1");
  });
});

describe("multipart bodies", () => {
  const parts = (value: unknown, body = {}, files = new Set<string>()) => {
    const { contentType, data } = writeBody(value, "multipart/form-data", body, files);
    const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? "";
    const pieces = text(data).split(`--${boundary}`);
    expect(pieces.at(-1)).toBe("--\r\n");
    return pieces.slice(1, -1).map((piece) => piece.slice(2, -2));
  };
  it("writes text, lists and objects each in their own way", () => {
    expect(parts({ a: "x", b: ["1", "2"], c: { d: 1 } })).toEqual([
      'Content-Disposition: form-data; name="a"\r\n\r\nx',
      'Content-Disposition: form-data; name="b"\r\n\r\n1',
      'Content-Disposition: form-data; name="b"\r\n\r\n2',
      'Content-Disposition: form-data; name="c"\r\nContent-Type: application/json\r\n\r\n{"d":1}',
    ]);
  });
  it("sends files with name and type, and names that cannot break out of their header", () => {
    expect(parts({ f: new Upload(bytes("PNG"), 'a"\r\n.png') })).toEqual([
      'Content-Disposition: form-data; name="f"; filename="a%22%0D%0A.png"\r\nContent-Type: image/png\r\n\r\nPNG',
    ]);
    expect(parts({ f: "raw" }, {}, new Set(["f"]))[0]).toContain('filename="f"');
  });
  it("gives a part the type and headers of its encoding", () => {
    const encoding = { a: { contentType: "text/csv", headers: { "X-Part": "1" } } };
    expect(parts({ a: "1,2" }, { encoding })).toEqual([
      'Content-Disposition: form-data; name="a"\r\nContent-Type: text/csv\r\nX-Part: 1\r\n\r\n1,2',
    ]);
  });
});

it("sends bytes and text as they are, and a type where the document has a range", () => {
  expect(writeBody(new Upload(bytes("abc"), "x"), "application/octet-stream")).toEqual({
    contentType: "application/octet-stream",
    data: bytes("abc"),
  });
  expect(writeBody("hello", "text/plain")).toEqual({ contentType: "text/plain", data: "hello" });
  expect(writeBody("hello", "*/*").contentType).toBe("application/octet-stream");
  expect(writeBody([{ a: 1 }, { b: 2 }], "application/x-ndjson").data).toBe('{"a":1}\n{"b":2}\n');
});

it("writes XML by the hints of the schema", () => {
  const hint = {
    name: "pet",
    namespace: "urn:x",
    fields: {
      id: { attribute: true },
      tags: { wrapped: true, items: { name: "tag" } },
      photos: { items: { name: "photo" } },
      owner: { name: "keeper", prefix: "k" },
    },
  };
  expect(toXml({ id: 1, name: "a<b", tags: ["x", "y"], photos: ["p"], owner: { first: "Ann" } }, hint)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><pet xmlns="urn:x" id="1"><name>a&#60;b</name><tags><tag>x</tag><tag>y</tag></tags><photo>p</photo><k:keeper><first>Ann</first></k:keeper></pet>',
  );
  expect(writeBody({ a: 1 }, "application/xml", { xml: { name: "r" } }).data).toContain("<r><a>1</a></r>");
});
