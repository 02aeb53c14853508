import { type Content, contentOf, listIn, trimmed } from "./answer.ts";
import type { Options } from "./arguments.ts";
import { baseFor, missingVariables, signaturesFor } from "./credentials.ts";
import type { AnyOperation, AnyTool, Api, Operation, Pages } from "./definition.ts";
import { Failure, exit, usage } from "./failure.ts";
import type { Host } from "./host.ts";
import { requestOf, splitRequest } from "./inputs.ts";
import { graphQlBody } from "./graphql.ts";
import { nextAddress, nextPage } from "./pages.ts";
import { partsFromCall, partsFromFlags } from "./parts.ts";
import { type Parts, type WireRequest, buildRequest } from "./request.ts";
import { type Answer, send } from "./send.ts";
import { isObject } from "./serialize.ts";

const mostPages = 100;
const mostItems = 10_000;

/** Runs one operation with the words after its name and prints what came. */
export async function runOperation(
  tool: AnyTool,
  name: string,
  operation: AnyOperation,
  argv: string[],
  exact: boolean,
  host: Host,
): Promise<void> {
  if ("run" in operation && operation.run) return runCode(tool, operation, argv, host);
  const { parts, options } = exact ? await partsFromCall(argv, host) : await partsFromFlags(operation, argv, host);
  const base = baseFor(tool, operation, host.env);
  const build = (some: Parts): WireRequest => {
    const body = operation.graphql && !exact ? graphQlBody(operation.graphql, some.body, options.select) : some.body;
    return buildRequest(operation, { ...some, body }, base, signaturesFor(tool, operation, host.env), tool.headers);
  };
  const contentIn = (answer: Answer): Content => {
    const content = contentOf(answer);
    return operation.graphql && content.kind === "json"
      ? { kind: "json", value: graphQlAnswer(content.value, answer) }
      : content;
  };
  const missing = missingVariables(tool, operation, host.env);
  const signIn = missing.length > 0 ? `Set ${missing.join(" and ")}.` : undefined;
  const ask = (request: WireRequest): Promise<Answer> =>
    send(request, { host, isRead: operation.access === "read", signIn });

  const first = build(parts);
  const answer = await ask(first);
  if (!options.all) {
    const content = contentIn(answer);
    if (
      operation.pages &&
      nextPage(operation, operation.pages, parts, answer, content) &&
      (countIn(content, operation) >= likelyPage || tellsNext(operation.pages, parts)) &&
      !(options.limit !== undefined && options.limit <= countIn(content, operation))
    ) {
      await host.write("stderr", "There are more pages: --all fetches them.\n");
    }
    return print(content, answer, operation, options, name, host);
  }
  if (!operation.pages) throw usage("This operation has no pages that --all could follow.");
  const bound = Math.min(options.limit ?? mostItems, mostItems);
  const items: unknown[] = [];
  let request = first;
  let page = answer;
  let asked = parts;
  let before = "";
  for (let count = 1; ; count += 1) {
    const content = contentIn(page);
    const found = content.kind === "json" ? listIn(content.value, operation.pages.items) : undefined;
    if (!found) {
      if (count === 1) return print(content, page, operation, options, name, host);
      break;
    }
    const list = JSON.stringify(found.list);
    if (list === before) break; // a service that does not know the parameter sends the same page for ever
    before = list;
    items.push(...found.list);
    const next = nextPage(operation, operation.pages, asked, page, content);
    if (items.length >= bound || !next) break;
    if (count >= mostPages) {
      await host.write("stderr", `Stopped after ${mostPages} pages.\n`);
      break;
    }
    if ("parts" in next) {
      asked = next.parts;
      request = build(asked);
    } else {
      request = { ...request, url: withSignature(nextAddress(next.url, request.url, base, ownHosts(tool)), first.url) };
    }
    const following = await ask(request).catch((error: unknown) => {
      if (operation.pages && isPastTheEnd(error, operation.pages, asked)) return undefined;
      throw error;
    });
    if (!following) break;
    page = following;
  }
  await print(
    { kind: "json", value: items.slice(0, bound) },
    page,
    operation,
    { ...options, limit: undefined },
    name,
    host,
  );
}

/** Code of the tool itself: its requests are signed like any other, and only those it declares are made. */
async function runCode(tool: AnyTool, operation: Operation, argv: string[], host: Host): Promise<void> {
  const { values, options } = await partsFromFlags(operation, argv, host);
  const api: Api = {
    async request(method, path, { query = {}, headers = {}, body, contentType } = {}) {
      const declared = operation.requests ?? (operation.request ? [operation.request] : []);
      const matched = declared.find((one) => isRequest(one, method, path));
      if (!matched) throw usage(`The operation does not declare "${method} ${path}".`, "Add it to its requests.");
      const single: Operation = {
        access: operation.access,
        request: `${method} ${path.replaceAll("{", "%7B").replaceAll("}", "%7D")}`,
        security: operation.security,
      };
      const parts: Parts = { path: {}, query, header: headers, cookie: {}, body, contentType };
      const request = buildRequest(
        single,
        parts,
        baseFor(tool, single, host.env),
        signaturesFor(tool, single, host.env),
        tool.headers,
      );
      const answer = await send(request, { host, isRead: /^(?:GET|HEAD)$/i.test(method) });
      const content = contentOf(answer);
      return content.kind === "json"
        ? content.value
        : content.kind === "text"
          ? content.text
          : content.kind === "bytes"
            ? content.bytes
            : undefined;
    },
  };
  const result = await operation.run?.(values, api);
  if (result !== undefined) await writeJson(trimmed(result, options.fields, options.limit), host);
}

function isRequest(declared: string, method: string, path: string): boolean {
  const one = splitRequest(declared);
  const pattern = one.path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replace(/\{[^{}]+\}/g, "[^/?#]+");
  return one.method === method.toUpperCase() && new RegExp(`^${pattern}$`).test(path.split(/[?#]/)[0] ?? "");
}

async function print(
  content: Content,
  answer: Answer,
  operation: AnyOperation,
  options: Options,
  name: string,
  host: Host,
): Promise<void> {
  if (options.output !== undefined && options.output !== "-") {
    await host.writeFile(options.output, answer.bytes);
    return writeJson(
      { file: options.output, bytes: answer.bytes.length, type: answer.headers.get("content-type") ?? undefined },
      host,
    );
  }
  switch (content.kind) {
    case "json":
      return writeJson(trimmed(content.value, options.fields, options.limit, operation.pages?.items), host);
    case "text":
      return host.write("stdout", content.text.endsWith("\n") ? content.text : `${content.text}\n`);
    case "nothing":
      return writeJson({ ok: true, status: answer.status }, host);
    case "bytes": {
      if (options.output === "-") return host.write("stdout", content.bytes);
      const file = fileName(answer, name, content.type);
      await host.writeFile(file, content.bytes);
      return writeJson({ file, bytes: content.bytes.length, type: content.type }, host);
    }
  }
}

/** GraphQL tells of failures with status 200. */
function graphQlAnswer(value: unknown, answer: Answer): unknown {
  if (!isObject(value)) return value;
  const [error] = Array.isArray(value.errors) ? value.errors : [];
  if (error !== undefined && (value.data === undefined || value.data === null)) {
    const message =
      isObject(error) && typeof error.message === "string" ? error.message : "The service refused the query.";
    throw new Failure("request_refused", message.slice(0, 500), exit.service, {
      status: answer.status,
      answer: value.errors,
    });
  }
  const fields = isObject(value.data) ? Object.values(value.data) : [];
  return fields.length === 1 && error === undefined ? fields[0] : value;
}

function writeJson(value: unknown, host: Host): void | Promise<void> {
  return host.write("stdout", `${JSON.stringify(value)}\n`);
}

/** A name without folders: what a stranger calls a file must not choose where it lands. */
function fileName(answer: Answer, operation: string, type: string): string {
  const said = /filename\*?=(?:UTF-8'')?"?([^";]+)"?/i.exec(answer.headers.get("content-disposition") ?? "")?.[1];
  const safe = said
    ?.split(/[\\/]/)
    .pop()
    ?.replace(/[^\p{L}\p{N}._ -]/gu, "_")
    .replace(/^\.+/, "");
  if (safe) return safe.slice(0, 120);
  const ending = /^[a-z]+\/([a-z0-9]{2,5})$/.exec(type)?.[1] ?? "bin";
  return `${operation.replace(/[^a-z0-9]+/gi, "-")}.${ending}`;
}

/** Fewer than this make no full page, where nobody said how many one holds. */
const likelyPage = 10;

/** Whether an answer itself shows that there is more: by a cursor or an address, or by as many as were asked for. */
function tellsNext(pages: Pages, parts: Parts): boolean {
  if (pages.by !== "page" && pages.by !== "offset") return true;
  return pages.size !== undefined && parts.query[pages.size] !== undefined;
}

/** Whether a page was only asked for because nobody said that the one before was the last. */
function isPastTheEnd(error: unknown, pages: Pages, parts: Parts): boolean {
  return error instanceof Failure && [400, 404, 416, 422].includes(error.facts.status ?? 0) && !tellsNext(pages, parts);
}

function countIn(content: Content, operation: AnyOperation): number {
  return content.kind === "json" ? (listIn(content.value, operation.pages?.items)?.list.length ?? 0) : 0;
}

/** A next address that leaves out the key of a service that takes it in the query is given it again. */
function withSignature(url: string, first: string): string {
  const next = new URL(url);
  const from = new URL(first);
  for (const [name, value] of from.searchParams) {
    if (/key|token|secret|auth/i.test(name) && !next.searchParams.has(name)) next.searchParams.append(name, value);
  }
  return next.href;
}

function ownHosts(tool: AnyTool): string[] {
  const addresses = [
    tool.baseUrl ?? "",
    ...Object.values(tool.operations).map((operation) => requestOf(operation).server ?? ""),
  ];
  return [...new Set(addresses.map((address) => URL.parse(address)?.host).filter((host) => host !== undefined))];
}
