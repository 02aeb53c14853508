import { describe, expect, it } from "vitest";
import type { Place } from "../contract/auth-method.ts";
import { Secret } from "../contract/secret.ts";
import type { Draft } from "./draft.ts";
import { placeCredential } from "./place.ts";

const placed = (draft: Partial<Draft>, ...places: [Place, string][]): Draft => {
  const whole: Draft = { method: "POST", headers: [], path: "/", query: "", body: undefined, ...draft };
  placeCredential(
    whole,
    places.map(([place, secret]) => ({ place, secret: new Secret(secret) })),
  );
  return whole;
};
const json: [string, string][] = [["Content-Type", "application/json"]];

describe("a credential goes", () => {
  it("into a header by its template, in place of what stood there", () => {
    const { headers } = placed(
      {
        headers: [
          ["AUTHORIZATION", "mine"],
          ["Accept", "*/*"],
        ],
      },
      [{ in: "header", name: "Authorization", template: "Token token={secret}" }, "k"],
    );
    expect(headers).toEqual([
      ["Accept", "*/*"],
      ["Authorization", "Token token=k"],
    ]);
  });

  it("into the query, both of two, in place of what stood there under any spelling", () => {
    const { query } = placed(
      { query: "a=%20b&%6bey=mine&key=two&c" },
      [{ in: "query", name: "key" }, "K&1"],
      [{ in: "query", name: "token" }, "T"],
    );
    expect(query).toBe("a=%20b&c&key=K%261&token=T");
  });

  it("into a cookie beside the tool's own", () => {
    const { headers } = placed({ headers: [["Cookie", "theme=dark; sid=mine"]] }, [{ in: "cookie", name: "sid" }, "S"]);
    expect(headers).toEqual([["cookie", "theme=dark; sid=S"]]);
  });

  it("into Basic authentication, with a user alone, a password alone, or both", () => {
    const basic = (draft: Draft) => Buffer.from(draft.headers[0]?.[1].slice(6) ?? "", "base64").toString();
    expect(basic(placed({}, [{ in: "basic_user" }, "key"]))).toBe("key:");
    expect(basic(placed({}, [{ in: "basic_password" }, "key"]))).toBe(":key");
    expect(basic(placed({}, [{ in: "basic_user" }, "ann"], [{ in: "basic_password" }, "pä:ss"]))).toBe("ann:pä:ss");
  });

  it("into a field of a JSON body, deep ones too, and long numbers keep their digits", () => {
    const body = Buffer.from('{"id":12345678901234567890,"auth":{"key":"mine"},"rate":1.50}');
    const draft = placed(
      { headers: json, body },
      [{ in: "body", name: "auth.key" }, "K"],
      [{ in: "body", name: "token" }, "T"],
    );
    expect(draft.body?.toString()).toBe('{"id":12345678901234567890,"auth":{"key":"K"},"rate":1.50,"token":"T"}');
  });

  it("into a JSON body that was not there", () => {
    const draft = placed({}, [{ in: "body", name: "token" }, "T"]);
    expect(draft.body?.toString()).toBe('{"token":"T"}');
    expect(draft.headers).toEqual([["content-type", "application/json"]]);
  });

  it("into a form and into a multipart form", () => {
    const form = placed(
      { headers: [["content-type", "application/x-www-form-urlencoded"]], body: Buffer.from("a=1&token=mine") },
      [{ in: "body", name: "token" }, "T+"],
    );
    expect(form.body?.toString()).toBe("a=1&token=T%2B");
    const parts = placed(
      { headers: [["content-type", "multipart/form-data; boundary=xyz"]], body: Buffer.from("--xyz--\r\n") },
      [{ in: "body", name: "token" }, "T"],
    );
    expect(parts.body?.toString()).toBe(
      '--xyz\r\ncontent-disposition: form-data; name="token"\r\n\r\nT\r\n--xyz--\r\n',
    );
  });

  it("nowhere when it cannot stand there", () => {
    const refused = expect.objectContaining({ code: "request_refused" });
    expect(() => placed({}, [{ in: "header", name: "x-key" }, "a\r\nx-evil: 1"])).toThrow(refused);
    expect(() => placed({}, [{ in: "cookie", name: "sid" }, "a; b=c"])).toThrow(refused);
    expect(() => placed({ headers: json, body: Buffer.from("[1]") }, [{ in: "body", name: "k" }, "K"])).toThrow(
      refused,
    );
    expect(() =>
      placed({ headers: [["content-type", "text/plain"]], body: Buffer.from("hi") }, [{ in: "body", name: "k" }, "K"]),
    ).toThrow(refused);
  });
});
