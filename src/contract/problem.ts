/**
 * A failure a person can act on: a stable code, facts that are safe to log, and one sentence that ends in the next step.
 * Anything that is not a `Problem` is a bug: it rises, is logged with the request id, and only that id is shown.
 */
export class Problem<Code extends ProblemCode = ProblemCode> extends Error {
  readonly code: Code;
  readonly facts: Facts<Code>;

  constructor(code: Code, ...[facts]: Parameters<(typeof sentences)[Code]>) {
    super((sentences[code] as (facts: unknown) => string)(facts));
    this.name = "Problem";
    this.code = code;
    this.facts = (facts ?? {}) as Facts<Code>;
  }
}

type Facts<Code extends ProblemCode> = Parameters<(typeof sentences)[Code]>[0] extends undefined
  ? Record<never, never>
  : NonNullable<Parameters<(typeof sentences)[Code]>[0]>;

export type ProblemCode = keyof typeof sentences;

/** True for a `Problem` of one of these codes (any code when none is named). */
export function isProblem<Code extends ProblemCode>(error: unknown, ...codes: Code[]): error is Problem<Code> {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code as Code));
}

/** How a `Problem` looks where it leaves the house: procedure, tool result, job. */
export type ProblemAnswer = { ok: false; code: ProblemCode; message: string };

export function answerOf(problem: Problem): ProblemAnswer {
  return { ok: false, code: problem.code, message: problem.message };
}

const howToList = (host: string) =>
  `If it is in a network of yours, set ALLOW_PRIVATE_HOSTS=${host} (beside what stands there, after a comma) and start Patchbay again.`;

// Facts stand in messages and logs: never put a secret, a body or a query string into one.
const sentences = {
  // settings and start
  settings_missing: ({ names, areMissing = false }: { names: string[]; areMissing?: boolean }) =>
    `Cannot start. ${areMissing ? "Set" : "Change"} these as env.example shows: ${names.join(", ")}.`,
  settings_e2b_reach: () =>
    [
      "Cannot start with E2B yet: its sandboxes have to reach this server's gateway, or do without it. Choose one:",
      "  PUBLIC_URL=https://…       the address at which they reach this server. Keys stay here (best)",
      "  CREDENTIAL_DELIVERY=env    no address is needed. Tools are given credentials themselves, which holds less",
      "  SANDBOX=local              tools run on this machine after all",
      "docs/e2b.md tells more.",
    ].join("\n"),
  data_folder_in_use: ({ folder, pid }: { folder: string; pid: number }) =>
    `Another Patchbay (process ${pid}) is using ${folder}. Stop it, or choose another folder with DATA_DIR.`,
  port_taken: ({ port }: { port: number }) => `Port ${port} is in use. Stop what uses it, or choose another with PORT.`,
  worker_needs_database: () =>
    "A worker shares a database with the server, and the embedded one belongs to one process. Set DATABASE_URL, or run `patchbay start`, which works on jobs itself.",
  vault_key_missing: () => "There is no vault key, so nothing can be kept safely. Set VAULT_KEYS as env.example shows.",
  vault_key_wrong: ({ keyId }: { keyId: string }) =>
    `The vault key "${keyId}" does not open what was sealed with it. Put back the key this data was made with.`,
  vault_unreadable: () => "A sealed value could not be opened: it was changed, moved, or sealed with another key.",

  // people and access
  sign_in_needed: () =>
    "Sign in first: open the link that was printed when Patchbay started (`npm run patchbay -- link` prints a new one). A program sends `Authorization: Bearer` with a key from `npm run patchbay -- keys create NAME`.",
  sign_in_link_spent: () => "This sign-in link was used already or is too old. Print a new one with `patchbay link`.",
  origin_refused: () =>
    "This request came from another site, so it was not carried out. Open Patchbay itself and try again.",
  host_unknown: ({ publicUrl }: { publicUrl: string }) =>
    `This Patchbay is at ${publicUrl}, and answers to no other name. To reach it by this one, set PUBLIC_URL.`,
  too_many_tries: ({ seconds }: { seconds: number }) => `Too many tries. Wait ${seconds} seconds and try again.`,
  too_many_streams: ({ most }: { most: number }) =>
    `${most} pages or programs of yours are listening already. Close one of them and try again.`,
  body_too_large: ({ limitMb }: { limitMb: number }) => `That is larger than ${limitMb} MB. Send less at once.`,
  not_found: ({ what }: { what: string }) => `There is no such ${what}.`,
  input_invalid: ({ detail }: { detail: string }) => `That cannot be used: ${detail}`,

  // gateway
  host_refused: ({ host }: { host: string }) => `This tool may not call ${host}. Ask me to add it if you trust it.`,
  address_refused: ({ host }: { host: string }) => `${host} points at a private address. ${howToList(host)}`,
  scheme_refused: ({ host, isHttp = true }: { host: string; isHttp?: boolean }) =>
    `${host} must be reached over https.${isHttp ? ` ${howToList(host)}` : ""}`,
  redirect_refused: ({ host }: { host: string }) =>
    `The service sent us on to ${host}, which it may not. Nothing was sent there.`,
  path_refused: () =>
    "This path could be read in two ways, so it was not sent. Write it without dots, double slashes or encoded slashes.",
  request_refused: ({ detail }: { detail: string }) => `This request was not sent: ${detail}`,
  service_unreachable: ({ host, reason }: { host: string; reason: string }) =>
    `${host} could not be reached (${reason}). ${reason === "no such host" ? "Check its name." : "Try again in a moment."}`,
  answer_too_large: ({ host, limitBytes }: { host: string; limitBytes: number }) =>
    `${host} sent more than ${Math.round(limitBytes / 1e6)} MB, so we stopped reading. Ask for less.`,
  answer_too_slow: ({ host, seconds }: { host: string; seconds: number }) =>
    `${host} did not answer within ${seconds} seconds. Try again in a moment.`,
  grant_invalid: () => "This run has ended, so its access has too. Run the command again.",
  write_denied: ({ operation }: { operation: string }) => `"${operation}" was answered with no. Nothing was sent.`,
  write_unanswered: ({ operation }: { operation: string }) =>
    `Nobody answered whether "${operation}" may run, so it did not. Ask again when someone is there.`,
  call_unchecked: ({ operation }: { operation: string }) =>
    `"${operation}" changes something and was not seen before the script ran. Write it out plainly, once for each time it is to run, without variables or loops.`,
  asks_first: ({ operation }: { operation: string }) =>
    `"${operation}" asks before each use, and nobody is asked here, so it was not sent. Run it yourself to be asked.`,
  policy_denied: ({ operation }: { operation: string }) =>
    `A policy forbids "${operation}". Someone who may change policies has to allow it first.`,
  write_outcome_unknown: ({ operation }: { operation: string }) =>
    `"${operation}" was sent, but we were cut off before the answer came. Look whether it happened before trying again.`,

  // connections
  sign_in_ended: ({ integration }: { integration: string }) =>
    `Your ${integration} sign-in has ended. Connect it again to go on.`,
  scope_missing: ({ integration, scopes, isKey }: { integration: string; scopes: string[]; isKey: boolean }) => {
    const lacking = scopes.length > 0 ? scopes.join(", ") : "more permissions";
    return isKey
      ? `This ${integration} key lacks ${lacking}. Enter one that has it.`
      : `${integration} needs more than this sign-in allows. Sign in again with ${lacking} added.`;
  },
  operation_refused: ({ integration }: { integration: string }) =>
    `${integration} accepts this sign-in, but not for this request (status 401). See whether the account may do it.`,
  not_connected: ({ integration, unproven }: { integration: string; unproven?: { id: string; slug: string } }) =>
    unproven
      ? `${integration} is not connected yet: its sign-in is kept, but was never proven by a live read. Test it on the page of ${unproven.slug} under Integrations, with \`patchbay accounts test ${unproven.slug}\` or POST /api/integrations/connections/${unproven.id}/test; when it does not work, connect it again.`
      : `${integration} is not connected yet. Connect it first.`,
  connection_paused: ({ integration }: { integration: string }) => `${integration} is paused. Resume it to go on.`,
  credential_refused: ({ integration, status }: { integration: string; status: number }) =>
    `${integration} did not accept this sign-in (status ${status}). Check it and enter it again.`,
  credential_incomplete: ({ fields }: { fields: string[] }) => `Fill in ${fields.join(", ")} and try again.`,
  token_answer_unreadable: () =>
    "The service gave an answer we could not read. Try again, or choose another way to sign in.",
  oauth_refused: ({ integration, detail }: { integration: string; detail: string }) =>
    `${integration} did not complete the sign-in: ${detail}`,
  oauth_state_invalid: () =>
    "This sign-in was started elsewhere, was used already, or is too old. Start it again from Patchbay.",
  oauth_client_missing: ({ integration, redirectUri }: { integration: string; redirectUri: string }) =>
    `${integration} needs an OAuth client of yours. Register one with the redirect URI ${redirectUri}, then enter its id and secret.`,
  refresh_unavailable: ({ integration }: { integration: string }) =>
    `${integration} cannot renew its sign-in just now. It is kept; try again in a moment.`,

  // builder
  nothing_found: ({ wish }: { wish: string }) =>
    `Nothing in the catalogue is called "${wish}". Give me the address of its API document (OpenAPI) or its docs.`,
  docs_need_model: ({ url }: { url: string }) =>
    `At ${url} there are only pages for people. Ask for it in the chat, where a language model can read them, or give the address of an OpenAPI document.`,
  document_missing: ({ status }: { status: number }) =>
    `There is no document at that address (status ${status}). Check the address.`,
  document_empty: () => "The document is empty. Check the address or the file.",
  document_is_page: () =>
    "That address gives a web page, not an API document. Look for a link called OpenAPI, Swagger or JSON on it.",
  document_unreadable: ({ detail }: { detail: string }) => `The document is not readable JSON or YAML: ${detail}`,
  document_unknown: () =>
    "The document is JSON or YAML, but not an API description we know (OpenAPI, Google Discovery, Postman, GraphQL).",
  document_too_large: ({ limitMb }: { limitMb: number }) =>
    `The document is larger than ${limitMb} MB. Give me a smaller part of it.`,
  document_too_deep: () => "The document is nested deeper than we read. Give me a simpler version of it.",
  document_too_slow: ({ seconds }: { seconds: number }) =>
    `Reading the document took more than ${seconds} seconds, so we stopped.`,
  document_without_operations: () => "The document describes no operation we can use.",
  graphql_schema_hidden: ({ host }: { host: string }) =>
    `The GraphQL endpoint at ${host} does not tell its schema to strangers. Give me the schema as a file: SDL, or the answer of an introspection query.`,
  update_source_missing: ({ slug }: { slug: string }) =>
    `It is not known where a newer version of ${slug} would come from: it was written from docs or from a document you gave. Give the newer document, or its address.`,
  base_url_missing: () => "The document does not say where the API is. Tell me its base URL.",
  tool_refused: ({ reasons }: { reasons: string[] }) => `The tool was not saved: ${reasons.join("; ")}`,

  // community
  community_missing: () =>
    "This server has no community repository to share with. Whoever runs it sets COMMUNITY_REPO and COMMUNITY_GITHUB_TOKEN, as env.example shows.",
  community_not_yours: () =>
    "The catalogue is everybody's on this server. Only whoever runs the server may change it: ask them.",
  community_unreachable: ({ detail }: { detail: string }) =>
    `The community repository could not be read: ${detail}. What is here stays in use; try again in a while.`,
  community_registry_unreadable: ({ commit }: { commit: string }) =>
    `The community's registry.json of commit ${commit} is no list that can be read. What is here stays in use; once it is mended there, it is taken over.`,
  offer_kept_private: ({ slug }: { slug: string }) =>
    `"${slug}" is kept private here. Share it first: on its page, or with: patchbay community share ${slug} on`,
  offer_not_proven: ({ slug }: { slug: string }) =>
    `"${slug}" cannot be offered: it is not proven by a live read yet, is at a private address, or comes from the community itself.`,

  // sandbox
  sandbox_unavailable: ({ detail }: { detail: string }) => `Tools cannot run here: ${detail}`,

  // model
  model_unavailable: ({ detail }: { detail: string }) => `The language model could not be asked: ${detail}`,
  turn_cut: () => 'Patchbay was stopped in the middle of this answer. Nothing was lost; say "go on" to continue.',
} satisfies Record<string, (facts: never) => string>;
