import { type Entry, readTable } from "../checks/read-table.ts";

export type Operation = {
  name: string;
  access: string;
  /** `POST /tasks`, with `query` or `mutation` and its field behind it for GraphQL. */
  requests: string[];
  /** The submitter's, for a read that does not look like one. */
  reason?: string;
  summary: string;
  coded: boolean;
  graphql?: { type: string; field: string };
  id?: string;
  /** Everything that is written of it, field by field, to compare by. */
  fields: Record<string, string>;
};

export async function operationsOf(cli: string): Promise<Operation[]> {
  const operations = (await readTable(cli)).table?.fields?.get("operations")?.fields ?? new Map<string, Entry>();
  return [...operations].map(([name, entry]) => {
    const said = (key: string) => entry.fields?.get(key)?.value;
    const text = (key: string) => (typeof said(key) === "string" ? String(said(key)) : undefined);
    const [reason, id] = [text("reason"), text("id")];
    const graphql = said("graphql") as { type?: string; field?: string } | undefined;
    const requests = [
      ...(said("request") === undefined ? [] : [said("request")]),
      ...((said("requests") ?? []) as unknown[]),
    ];
    return {
      name,
      access: String(said("access")),
      requests: requests.map((one) => `${String(one)}${graphql ? ` ${graphql.type} ${graphql.field}` : ""}`),
      summary: text("summary") ?? "",
      coded: entry.fields?.get("run")?.code !== undefined,
      ...(graphql ? { graphql: { type: String(graphql.type), field: String(graphql.field) } } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(id === undefined ? {} : { id }),
      fields: fieldsOf(cli, entry),
    };
  });
}

/** What a tool says beside its operations: sign-in, headers, base address. */
export async function restOfTable(cli: string): Promise<Record<string, string>> {
  const { table } = await readTable(cli);
  const { operations: _, ...rest } = table ? fieldsOf(cli, table) : {};
  return rest;
}

/** Values as they are, however they are laid out; code as it is written. */
function fieldsOf(cli: string, entry: Entry): Record<string, string> {
  return Object.fromEntries(
    [...(entry.fields ?? [])].map(([key, one]) => [
      key,
      one.code ? cli.slice(one.start, one.end) : JSON.stringify(one.value),
    ]),
  );
}
