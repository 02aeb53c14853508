import { afterAll, beforeAll, describe } from "vitest";
import { Secret } from "../contract/secret.ts";
import { e2bSandbox } from "./e2b.ts";
import { sandboxContract } from "./sandbox-contract.ts";
import { type StandIn, openStandIn } from "./testing/e2b-stand-in.ts";
import { canRunMachines } from "./testing/machine.ts";

describe.skipIf(!canRunMachines)("E2B", () => {
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await openStandIn();
  });
  afterAll(async () => {
    await standIn.close();
  });

  sandboxContract("E2B", ({ gatewayAddress, callTimeoutMs }) =>
    e2bSandbox({
      apiKey: new Secret(standIn.apiKey),
      apiUrl: standIn.url,
      sandboxUrl: standIn.url,
      template: standIn.template,
      installation: async () => "test",
      gatewayAddress: () => gatewayAddress,
      callTimeoutMs,
    }),
  );
});
