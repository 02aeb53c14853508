import { describe, expect, it } from "vitest";
import { checkVariables, fittingFacts } from "./check-variables.ts";

describe("checkVariables", () => {
  const variables = [
    { name: "subdomain", label: "Subdomain", pattern: "[a-z0-9-]+", example: "acme" },
    { name: "region", options: ["eu", "us"], default: "eu" },
    { name: "site", optional: true },
    { name: "instance_url", from: "token_answer" as const },
  ];

  it("adds defaults, trims, and drops what was not declared", () => {
    expect(
      checkVariables(variables, { subdomain: " acme ", other: "x", instance_url: "https://evil.example" }),
    ).toEqual({ subdomain: "acme", region: "eu" });
  });

  it("names what is missing as the form does", () => {
    expect(() => checkVariables(variables, {})).toThrow("Fill in Subdomain and try again.");
  });

  it.each([
    [{ subdomain: "acme.evil.example" }, "Subdomain does not look right, it should look like acme"],
    [{ subdomain: "acme\nx" }, "Subdomain is too long or holds control characters"],
    [{ subdomain: "acme", region: "mars" }, "region must be one of eu, us"],
  ])("says what is wrong with %j, without repeating it", (given, message) => {
    expect(() => checkVariables(variables, given)).toThrow(message);
  });

  it("is not held up by a pattern that would search for ever", () => {
    expect(() => checkVariables([{ name: "slow", pattern: "(a+)+b" }], { slow: "a".repeat(60) })).toThrow(
      "slow does not look right",
    );
  });

  it("takes a pattern that is none as one that nothing fits", () => {
    expect(() => checkVariables([{ name: "broken", pattern: "(" }], { broken: "x" })).toThrow(
      "broken does not look right",
    );
  });
});

describe("fittingFacts", () => {
  it("drops what a service brought and does not fit", () => {
    const variables = [{ name: "host", pattern: "[a-z]+\\.example\\.com", from: "redirect" as const }];
    expect(fittingFacts(variables, { host: "evil.example", realm: "1" })).toEqual({ realm: "1" });
    expect(fittingFacts(variables, { host: "eu.example.com" })).toEqual({ host: "eu.example.com" });
  });
});
