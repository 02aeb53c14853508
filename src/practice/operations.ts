import type { Operation } from "./operation.ts";
import { attachmentOperations } from "./operations/attachments.ts";
import { awkwardOperations } from "./operations/awkward.ts";
import { boardOperations } from "./operations/boards.ts";
import { cardOperations } from "./operations/cards.ts";
import { commentOperations } from "./operations/comments.ts";
import { labelOperations } from "./operations/labels.ts";
import { listOperations } from "./operations/lists.ts";
import { peopleOperations } from "./operations/people.ts";
import { searchOperations } from "./operations/search.ts";

/** Everything the practice API can do, in the order of its documents. */
export const operations: Operation[] = [
  ...peopleOperations,
  ...boardOperations,
  ...listOperations,
  ...labelOperations,
  ...cardOperations,
  ...commentOperations,
  ...attachmentOperations,
  ...searchOperations,
  ...awkwardOperations,
];
