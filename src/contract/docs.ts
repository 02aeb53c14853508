import { z } from "zod";

/** What was read of a docs site, and what was not. */
export const DocsReport = z.object({
  /** Pages fetched, their size, and the text that is left of them. */
  pages: z.number().int(),
  bytes: z.number().int(),
  characters: z.number().int(),
  ms: z.number().int(),
  /** Pages left out because another said the same. */
  dropped: z.number().int(),
  /** Pages known and not read. */
  left: z.number().int(),
  /** Which part of the budget ended the reading. */
  stopped: z.enum(["pages", "bytes", "seconds"]).optional(),
  /** Pages that a script draws in the reader's browser, and what of them could be read. */
  drawnByScript: z.array(
    z.object({ url: z.string(), used: z.enum(["its JSON state", "nothing"]), repository: z.string().optional() }),
  ),
});
export type DocsReport = z.infer<typeof DocsReport>;
