import type { Task } from "./memory.ts";
import { quoted } from "./operation.ts";

/** Cuts a long answer down to what a table or a choice shows. */
export function shrinkCommand(file: string, task: Task, from: number): string {
  const count = task.lookup ? 100 : (task.limit ?? rowsAtOnce) + 1;
  const rows =
    'if type == "array" then . else ([.items, .data, .results, .records, .entries, .values] | map(select(type == "array")) | first // [.]) end';
  const small =
    'if type == "string" then .[0:160] elif type == "object" then ({name, title, login, email, id} | with_entries(select(.value != null))) else . end';
  const fields = task.lookup
    ? "{id, _id, uuid, gid, key, slug, number, name, title, full_name, display_name, subject, login, email, text} | with_entries(select(.value != null))"
    : `with_entries(select((.value | type) as $t | $t != "array" and $t != "null")) | to_entries | .[0:24] | from_entries`;
  return `jq -c ${quoted(`(${rows}) | .[${from}:${from + count}] | map(if type == "object" then (${fields}) | map_values(${small}) else . end)`)} ${file}`;
}

/** Rows shown at once when the person does not say how many. */
export const rowsAtOnce = 20;
