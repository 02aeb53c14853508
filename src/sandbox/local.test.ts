import { localSandbox } from "./local.ts";
import { sandboxContract } from "./sandbox-contract.ts";

sandboxContract("the local sandbox", localSandbox);
