import { expect, it } from "vitest";
import { publicAddress } from "./public-address.ts";

const config = JSON.stringify({ docsUrl: "https://docs.fresh.example/api", hosts: ["api.fresh.example"] });

it.each([
  ["https://docs.fresh.example/openapi.json?token=abc#x", "https://docs.fresh.example/openapi.json"],
  ["https://wiki.ann.example/openapi.json", undefined],
  ["https://ann:secret@docs.fresh.example/openapi.json", undefined],
  ["http://docs.fresh.example/openapi.json", undefined],
  ["https://docs.fresh.example/s/a1B2c3D4e5F6a1B2c3D4e5F6/openapi.json", undefined],
  ["not an address", undefined],
  [undefined, undefined],
])("shows of %s as much as everybody may see: %s", (address, shown) => {
  expect(publicAddress(address, config)).toBe(shown);
});
