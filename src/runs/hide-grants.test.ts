import { describe, expect, it } from "vitest";
import { makeToken } from "../contract/opaque-token.ts";
import { grantHider, hideGrants } from "./hide-grants.ts";

const { token } = makeToken("pbg", "00000000-0000-4000-8000-000000000001");

describe("a run grant in output", () => {
  it("is taken out wherever it stands", () => {
    expect(hideGrants(`x${token} ${token}y`)).toBe("x[grant] [grant]y");
    expect(hideGrants("pbg_ is how they begin")).toBe("pbg_ is how they begin");
  });

  it.each([1, 2, 3, 7, 40, 71, 72, 500])("is taken out of pieces of %i characters, and nothing else is", (size) => {
    const text = `a pbg_short p pb pbg ${token} and ${token}${token} end pbg_`;
    const hider = grantHider();
    let got = "";
    for (let at = 0; at < text.length; at += size) got += hider.push(text.slice(at, at + size));
    got += hider.end();
    expect(got).toBe(hideGrants(text));
  });

  it("does not hold back other output", () => {
    expect(grantHider().push("a line\n")).toBe("a line\n");
  });
});
