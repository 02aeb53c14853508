import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { ChatEvent, ChatEventBody } from "../../contract/chat.ts";
import type { Api } from "../../contract/procedures.ts";
import { consentLikeABrowser } from "../../practice/consent.ts";
import type { PracticeLogEntry, PracticeService } from "../../practice/start.ts";
import { openCommunityStage } from "../community-stage.ts";
import { readSettings, sandboxEnvironment } from "../env.ts";
import { startServer } from "../server/start.ts";
import { follow } from "./follow.ts";
import { style } from "./style.ts";

/**
 * The whole story, unattended, in a data folder that is thrown away: as a person with a browser would live it, over HTTP.
 * What is told is checked against the practice service's own log, never against our word.
 *
 * @returns Exit code: 0 when everything was as told, 1 when anything was not.
 */
export async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-demo-"));
  const story = new Story();
  try {
    await tell(story, folder);
  } catch (error) {
    story.fail(error instanceof Error ? error.message : String(error));
  } finally {
    await story.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return story.end();
}

async function tell(story: Story, folder: string): Promise<void> {
  story.step("start with an empty data folder");
  // The embedded defaults, whatever this machine's environment says, but for the sandbox; tokens die young so that one
  // expires while we watch.
  const stage = await openCommunityStage(join(folder, "community"));
  story.closing(() => stage.close());
  const isDirect = sandboxEnvironment()["CREDENTIAL_DELIVERY"] === "env";
  // A tool that holds the token itself cannot have it renewed in the middle of a call, so it has to last for one.
  const tokenSeconds = isDirect ? 20 : 6;
  const settings = readSettings({
    DATA_DIR: join(folder, "first"),
    PORT: "0",
    PRACTICE_PORT: "0",
    PRACTICE_TOKEN_SECONDS: String(tokenSeconds),
    ...sandboxEnvironment(),
    ...stage.settings,
  });
  const hosts = new Map<string, string>();
  const server = await startServer(settings, { page: false, jobs: true, anyPort: true, quiet: true, stage: hosts });
  hosts.set(publicName, server.practice.url);
  story.closing(() => server.close());
  const { practice } = server;
  if (!practice || !server.signInLink) throw new Error("the server brought no practice service or no sign-in link");
  story.done(`${server.url}, model: ${server.model}, sandbox: ${settings.SANDBOX}`);

  story.step("sign in with the one-time link");
  const browser = await Browser.signIn(server.url, server.signInLink);
  story.check((await browser.status(server.signInLink)) >= 400, "the link works once");
  const { api } = browser;
  story.done((await api.me()).person.name);

  const chat = await Chat.open(api);
  story.closing(() => chat.close());

  story.step(`say "connect me to the practice service"`);
  await chat.say("connect me to the practice service");
  const { card } = await chat.next("sign_in_needed");
  const steps = chat.all("build_step").filter((one) => one.state === "done");
  for (const one of steps) story.tell(`${one.step}${one.detail ? ` · ${firstLine(one.detail)}` : ""}`, one.ms);
  story.check(
    practice.log().some((entry) => entry.path === "/openapi.json"),
    "the API description was fetched from the service",
  );
  story.done();

  story.step("the tool that was written");
  const tool = await api.integrations.get({ slug: card.integration.slug });
  const lines = tool.cliCode.split("\n");
  story.quote([...lines.slice(0, 24), `… ${lines.length} lines in all`]);
  const writes = tool.operations.filter((one) => one.access === "write");
  story.check(tool.operations.length > 10 && writes.length > 0, "it has reads and writes");
  story.check(
    writes.every((one) => one.decision === "ask"),
    "every write would ask",
  );
  story.done(`${tool.operations.length} operations, ${writes.length} of them write`);

  story.step("sign in at the service (OAuth, consent page driven over HTTP)");
  const method = card.methods.find((one) => one.type === "oauth2");
  if (!method) throw new Error("the card offers no OAuth sign-in");
  const { url } = await api.oauth.start({
    slug: card.integration.slug,
    methodId: method.id,
    conversationId: chat.id,
    cardId: card.cardId,
  });
  const back = await consentLikeABrowser(url, { person: "ana", allow: true });
  story.check((await browser.status(back)) < 400, "the way back from the consent page is accepted");
  story.check((await browser.status(back)) >= 400, "the same way back is not accepted twice");
  const connected = await chat.next("connected");
  story.done(`connected as ${connected.label}`);

  story.step("the proof: one live read, made by the server");
  const proof = practice.log().find((entry) => entry.part === "api" && entry.method === "GET" && entry.status === 200);
  story.check(proof?.account === "ana", "the service answered a read as Ana");
  await chat.quiet();
  story.done(proof ? `${proof.method} ${proof.path} · ${proof.status}` : undefined);

  const { slug } = card.integration;
  story.step(`read through a pipe: ${slug} boards list | jq | sort > names.txt`);
  await chat.say(`$ ${slug} boards list | jq -r '.[].name' | sort > names.txt; cat names.txt`);
  await chat.quiet();
  const names = (await api.conversations.file({ id: chat.id, path: "names.txt" })).text.trim().split("\n");
  story.check(
    names.length > 1 && names.join() === names.toSorted().join(),
    "the file holds the sorted names of the boards",
  );
  story.done(names.join(", "));

  const create = `${slug} cards create --list-id lst_kitchen_todo --name`;
  story.step("a write waits, is shown, is approved, and happens");
  const before = changes(practice).length;
  await chat.say(`$ ${create} "Buy milk"`);
  const { approval } = await chat.next("approval_asked");
  story.check(changes(practice).length === before, "nothing was sent while it waited");
  story.quote([
    `${approval.request.method} ${approval.request.host}${approval.request.path}`,
    approval.request.body ?? "",
  ]);
  await api.approvals.answer({ id: approval.id, answer: "yes" });
  await chat.quiet();
  const sent = changes(practice).slice(before);
  story.check(
    sent.length === 1 && sent[0]?.method === "POST" && sent[0].status === 201,
    "the service got it exactly once",
  );
  if (isDirect) {
    story.check(approval.request.body === `${create} 'Buy milk'`, "what ran is the command that was shown");
    story.differs("the command was shown, not the request: what a tool sends by itself is not seen here");
  } else story.check(JSON.stringify(sent[0]?.body?.json) === approval.request.body, "what was sent is what was shown");
  story.done();

  story.step("a write that is denied does not happen");
  await chat.say(`$ ${create} "Buy a yacht"`);
  const second = await chat.next("approval_asked");
  await api.approvals.answer({ id: second.approval.id, answer: "no" });
  await chat.quiet();
  story.check(changes(practice).length === before + 1, "the service saw nothing of it");
  story.done();

  story.step("the access token expires, and is renewed in silence");
  const refreshes = () => practice.log().filter((entry) => entry.grantType === "refresh_token").length;
  const refreshed = refreshes();
  await wait(tokenSeconds * 1000 + 500);
  const seen = practice.log().length;
  await chat.say(`$ ${slug} boards list --limit 1`);
  await chat.quiet();
  const since = practice.log().slice(seen);
  story.check(refreshes() === refreshed + 1, "one request to the token endpoint");
  story.check(
    since.some((entry) => entry.part === "api" && entry.status === 200),
    "and the read was answered",
  );
  story.done();

  if (isDirect) {
    story.step("sharing with the community");
    story.differs(
      `its service is ${publicName}, which this machine plays for the gateway; a tool that asks by itself finds nothing there, so nothing can be proven and shared here`,
    );
    return;
  }
  story.step("a public service of the same kind, connected from its document");
  // Played by this machine: nothing of the demo leaves it. Everything on our side is as it would be.
  const document = (await (await fetch(practice.documentUrl)).text())
    .replaceAll(practice.url, `https://${publicName}`)
    .replaceAll("Practice", "Demo");
  const made = await api.integrations.create({ document });
  const form = made.card.methods.find(({ fields }) => fields.length === 1);
  const { proof: live } = await api.connections.create({
    slug: made.integration.slug,
    ...(form ? { methodId: form.id } : {}),
    secrets: { [form?.fields[0]?.name ?? ""]: practice.keys.apiKey },
  });
  story.check(live.ok, `https://${publicName} answered a live read`);
  story.check(stage.github.pulls.length === 0, "nothing is shared before somebody says so");
  story.done(`${made.integration.name}, ${made.integration.reads + made.integration.writes} operations`);

  story.step("share it: a pull request to the community repository");
  await api.community.setSharing({ sharing: "on" });
  const offer = await until(async () =>
    (await api.community.get()).offers.find((one) => one.slug === made.integration.slug && one.pullRequest !== null),
  );
  const [pull] = stage.github.pulls;
  story.check(stage.github.pulls.length === 1, "there is exactly one");
  story.quote([offer.pullRequest?.url ?? "", pull?.title ?? "", ...(pull?.body ?? "").split("\n").slice(2, 12)]);
  const secrets = [practice.keys.apiKey, practice.keys.pair.key, practice.keys.pair.token];
  story.check(!secrets.some((secret) => pull?.body.includes(secret)), "no key stands in it");
  story.done();

  story.step("a clone of its branch passes the repository's own checks");
  const checks = await stage.check(`patchbay/${made.integration.slug}`, made.integration.slug);
  story.tell(checks.validated.trim());
  story.tell(lastLine(checks.tried));
  // Who wrote it, only the server that offers knows; the hash stands at the end, behind what was tried.
  const body = pull?.body.replace(/^\| Origin \|.*\n/m, "") ?? "";
  story.check(
    checks.review.split(/(?=^Content )/m).every((part) => body.includes(part.trim())),
    "the page of the pull request is the one its CI makes",
  );
  story.done();

  story.step("a maintainer merges it; another, fresh Patchbay has it");
  const others = readSettings({
    DATA_DIR: join(folder, "second"),
    PORT: "0",
    PRACTICE_PORT: "0",
    ...sandboxEnvironment(),
    ...stage.settings,
  });
  const other = await startServer(others, { page: false, anyPort: true, quiet: true, stage: hosts });
  story.closing(() => other.close());
  const elsewhere = createORPCClient<Api>(
    new RPCLink({ url: `${other.local}/rpc`, headers: { authorization: `Bearer ${other.token}` } }),
  );
  const isThere = async () =>
    (await elsewhere.connections.providers()).some(({ slug: one }) => one === made.integration.slug);
  story.check(!(await isThere()), "before, the other one does not know it");
  await stage.merge(1);
  await elsewhere.community.pull();
  story.check(await isThere(), "after it looked, everybody there can connect it");
  story.done();
}

/** Looks until something is there. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end; await wait(100)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error("nothing came of the offer");
}

const publicName = "kanban.example.com";
const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** Requests that changed something at the service. */
function changes(practice: PracticeService): PracticeLogEntry[] {
  return practice
    .log()
    .filter((entry) => entry.part === "api" && !["GET", "HEAD"].includes(entry.method) && entry.status < 400);
}

const firstLine = (text: string) => text.split("\n")[0] ?? "";

/** A browser, as far as the story needs one: it keeps the session's cookie and does not follow redirects. */
class Browser {
  readonly api: Api;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#cookie = cookie;
    this.api = createORPCClient(new RPCLink({ url: `${url}/rpc`, headers: { cookie, origin: url } }));
  }

  static async signIn(url: string, link: string): Promise<Browser> {
    const answer = await fetch(link, { redirect: "manual" });
    const cookie = answer.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    if (!cookie) throw new Error(`the sign-in link gave no session (status ${answer.status})`);
    return new Browser(url, cookie);
  }

  async status(url: string): Promise<number> {
    return (await fetch(url, { headers: { cookie: this.#cookie }, redirect: "manual" })).status;
  }
}

/** One conversation, read as it happens. */
class Chat {
  readonly id: string;
  readonly #api: Api;
  readonly #events: ChatEventBody[] = [];
  readonly #ended = new AbortController();
  #read = 0;
  #wake: () => void = () => undefined;
  #lost: unknown;

  private constructor(api: Api, id: string) {
    this.#api = api;
    this.id = id;
    void this.#listen(follow(api, id, 0, this.#ended.signal));
  }

  static async open(api: Api): Promise<Chat> {
    return new Chat(api, (await api.conversations.create({})).id);
  }

  async say(text: string): Promise<void> {
    await this.#api.conversations.say({ id: this.id, text });
  }

  /** The next event of this type that nobody has read yet. */
  async next<Type extends ChatEventBody["type"]>(type: Type): Promise<Extract<ChatEventBody, { type: Type }>> {
    for (const until = Date.now() + 20_000; Date.now() < until;) {
      while (this.#read < this.#events.length) {
        const event = this.#events[this.#read];
        this.#read += 1;
        if (event?.type === type) return event as Extract<ChatEventBody, { type: Type }>;
        if (event?.type === "turn_ended" && event.outcome === "failed")
          throw new Error(event.message ?? "the turn failed");
      }
      if (this.#lost) throw this.#lost;
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), wait(250)]);
    }
    throw new Error(`nothing came: waited for ${type}`);
  }

  /** Until the answer under way has ended. */
  async quiet(): Promise<void> {
    await this.next("turn_ended");
  }

  all<Type extends ChatEventBody["type"]>(type: Type): Extract<ChatEventBody, { type: Type }>[] {
    return this.#events.filter((event): event is Extract<ChatEventBody, { type: Type }> => event.type === type);
  }

  close(): void {
    this.#ended.abort();
  }

  async #listen(events: AsyncIterable<ChatEvent>): Promise<void> {
    try {
      for await (const { body } of events) {
        this.#events.push(body);
        this.#wake();
      }
    } catch (error) {
      this.#lost = error;
    }
  }
}

/** Prints each step with its time, and remembers whether all was as told. */
class Story {
  readonly #begun = performance.now();
  readonly #closers: (() => unknown)[] = [];
  #stepBegun = 0;
  #checks = 0;
  #differences = 0;
  #failures: string[] = [];

  step(title: string): void {
    this.#stepBegun = performance.now();
    console.log(`\n${style.bold(title)}`);
  }

  tell(text: string, ms?: number): void {
    console.log(`  ${text}${ms === undefined ? "" : style.soft(`  ${ms} ms`)}`);
  }

  quote(lines: string[]): void {
    for (const line of lines) console.log(style.soft(`  │ ${line}`));
  }

  check(holds: boolean, claim: string): void {
    this.#checks += 1;
    console.log(`  ${holds ? "✓" : "✗"} ${claim}`);
    if (!holds) this.#failures.push(claim);
  }

  /** Where this way of running holds less by design (`docs/e2b.md`): said, and no failure. */
  differs(how: string): void {
    this.#differences += 1;
    console.log(`  ≠ known difference: ${how}`);
  }

  done(outcome?: string): void {
    console.log(`  ${outcome ?? "done"}${style.soft(`  ${Math.round(performance.now() - this.#stepBegun)} ms`)}`);
  }

  fail(reason: string): void {
    this.#failures.push(reason);
    console.log(`  ✗ ${reason}`);
  }

  closing(close: () => unknown): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }

  end(): number {
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(1);
    const differences =
      this.#differences === 0
        ? ""
        : `, ${this.#differences} known differences with CREDENTIAL_DELIVERY=env (docs/e2b.md)`;
    console.log(`\n${this.#checks} checks, ${this.#failures.length} not as told${differences}, ${seconds} s`);
    return this.#failures.length === 0 ? 0 : 1;
  }
}
