/** Makes the empty database that the first start copies. Run by `npm ci`; without it the first start takes seconds longer. */
import { readyMade } from "../src/database/ready-made.ts";

await readyMade();
