import { answerApart } from "./apart.ts";
import { parseTable } from "./parse-table.ts";

answerApart(parseTable);
