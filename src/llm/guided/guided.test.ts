import { afterEach, describe, expect, it } from "vitest";
import { openTalk, practiceService, type Talk } from "./testing.ts";

const open: Talk[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function talk(options: Parameters<typeof openTalk>[0] = {}): Promise<Talk> {
  const opened = await openTalk(options);
  open.push(opened);
  return opened;
}

/** What the practice service was asked to change. */
function writes(of: Talk): string[] {
  return of.practice
    .log()
    .filter(({ method }) => method !== "GET")
    .map(({ method, path }) => `${method} ${path}`);
}

describe("looking", () => {
  it.each([
    "show my boards",
    "which boards do I have?",
    "list boards",
    "Show me my boards please",
    "practice boards list",
  ])("shows the boards for %s", async (words) => {
    const { text, commands } = await (await talk()).say(words);
    expect(text).toMatch(/^4 boards:\n\n\| name \| description \| id \|\n/);
    expect(text).toContain("| Kitchen renovation | New tiles, new sink, same kettle. | brd_kitchen |");
    expect(commands.at(-1)).toBe("practice boards list --all --limit 21");
  });

  it("finds what a name in the sentence stands for", async () => {
    const { text, commands } = await (await talk()).say("show cards of Kitchen renovation");
    expect(text).toMatch(/^9 cards:/);
    expect(commands.at(-1)).toMatch(/^practice cards \S+ --board_id brd_kitchen --all --limit 21$/);
  });

  it("shows more, page by page, until there is no more", async () => {
    const { say } = await talk();
    expect((await say("show cards of Books to read")).text).toMatch(/^The first 20 cards:[\s\S]*Say "more"/);
    expect((await say("more")).text).toMatch(/^Cards 21 to 40:/);
    expect((await say("more")).text).toMatch(/^Cards 41 to 60:/);
    expect((await say("more")).text).toMatch(/^Cards 61 to 63:/);
    expect((await say("more")).text).toBe("That was all of it.");
  });

  it("counts what was shown by one of its properties, and draws it", async () => {
    const { say } = await talk();
    await say("show cards of Books to read");
    const { charts, commands } = await say("count them by list");
    expect(commands.at(-1)).toContain("--all --limit 5000 | jq -c");
    expect(charts).toMatchObject([{ title: "63 cards by list", kind: "bar", series: [{ name: "cards" }] }]);
    const [{ series }] = charts as [{ series: { values: number[] }[] }];
    expect(series[0]?.values.reduce((sum, one) => sum + one, 0)).toBe(63);
    expect((await say("count by nonsense")).text).toBe('The cards have nothing called "nonsense" to count by.');
  });

  it("shows a CSV that came with a message as a table, and connects a document that did", async () => {
    const wishes: unknown[] = [];
    const connect = (input: unknown) => {
      wishes.push(input);
      return { content: "sign-in card shown for x.", endsTurn: true };
    };
    const { say } = await talk({ connect });
    const came = (file: string) => `\n[The file ${file} came with this; it lies in the conversation's files.]`;
    expect((await say(`what is in numbers.csv?${came("numbers.csv")}`)).commands.at(-1)).toBe(
      "head -n 21 'numbers.csv'",
    );
    await say(`connect this${came("api.yaml")}`);
    expect(wishes).toEqual([{ file: "api.yaml" }]);
  });

  it("takes a value that is one of an input's choices, and a number of rows, from the sentence", async () => {
    const { say } = await talk();
    expect((await say("show archived boards")).commands.at(-1)).toBe(
      "practice boards list --state archived --all --limit 21",
    );
    expect((await say("show the first 2 boards")).text).toMatch(/^The first 2 boards:/);
  });

  it("searches for what stands behind the verb", async () => {
    const { text } = await (await talk()).say("search cards for tiles");
    expect(text).toContain("| Choose the tiles | card | crd_kitchen_tiles |");
  });

  it("runs a command as it is typed", async () => {
    const { text, commands } = await (await talk()).say("$ practice boards list --all | jq length");
    expect(commands).toEqual(["practice boards list --all | jq length"]);
    expect(text).toContain("4");
  });

  it("tells in words why a typed command was refused, and what to do; what came before stays as it was", async () => {
    const { say } = await talk();
    const told = {
      "practice cards creat":
        '"cards" has no operation "creat". Did you mean "cards create"? See also practice cards --help.',
      "practice search": 'Search for what? Type `$ practice search "words"`.',
      "practice cards get nope": "There is no card nope.",
      "echo '| first |'; practice cards get nope": "```text\n| first |\n```\n\nThere is no card nope.",
      "cat nowhere": "exit code 1\n\n```text\ncat: nowhere: No such file or directory\n```",
      'echo \'{"message":"no tool"}\'; exit 1': 'exit code 1\n\n```text\n{"message":"no tool"}\n```',
    };
    for (const [command, words] of Object.entries(told)) expect((await say(`$ ${command}`)).text).toBe(words);
  });
});

describe("changing", () => {
  it("adds a card from one sentence, asking only for what it does not say", async () => {
    const it = await talk();
    const asked = await it.say("add a card Buy milk to Kitchen renovation");
    expect(asked.choices).toMatchObject({ question: "Which list?", labels: ["To do", "Doing", "Done"] });
    const done = await it.say("To do");
    expect(done.commands).toEqual(["practice cards create --list_id lst_kitchen_todo --name 'Buy milk'"]);
    expect(done.text).toMatch(/^Done: Add a card to a list\.\n\n- \*\*name\*\*: Buy milk\n/);
    expect(writes(it)).toEqual(["POST /v1/lists/lst_kitchen_todo/cards"]);
  });

  it("takes numbers for choices and asks for inputs one by one", async () => {
    const { say } = await talk();
    expect((await say("add a card")).choices?.labels[0]).toBe("Kitchen renovation");
    expect((await say("1")).choices?.labels).toEqual(["To do", "Doing", "Done"]);
    expect((await say("2")).text).toBe("What should the **name** be?");
    expect((await say("Paint the door")).commands).toEqual([
      "practice cards create --list_id lst_kitchen_doing --name 'Paint the door'",
    ]);
  });

  it.each([
    [
      "rename the board Kitchen renovation to Bathroom",
      "practice boards update --name Bathroom --board_id brd_kitchen",
    ],
    [
      "set the description of the board Product launch to All at once",
      "practice boards update --description 'All at once' --board_id brd_launch",
    ],
    ["create a board called Summer trip", "practice boards create --name 'Summer trip'"],
    ['make a new board "Summer & trip"', "practice boards create --name 'Summer & trip'"],
    ["add a label called Garden to Kitchen renovation", "practice labels create --board_id brd_kitchen --name Garden"],
  ])("understands %s", async (words, command) => {
    expect((await (await talk()).say(words)).commands.at(-1)).toBe(command);
  });

  it("moves a thing to where it is told, once it knows where the thing is", async () => {
    const { say } = await talk();
    await say("move the card Choose the tiles to Done");
    expect((await say("Kitchen renovation")).commands.at(-1)).toBe(
      "practice cards move --card_id crd_kitchen_tiles --list_id lst_kitchen_done",
    );
  });

  it("puts words of a stranger into a command as words only", async () => {
    const { say, practice } = await talk();
    await say("add a card to Kitchen renovation");
    await say("Doing");
    const evil = `'; practice boards delete --board_id brd_kitchen; echo '$(practice me)`;
    const { commands } = await say(evil);
    expect(commands).toHaveLength(1);
    expect(practice.log().some(({ method }) => method === "DELETE")).toBe(false);
    expect((await say("show cards of Kitchen renovation")).text).toContain(
      "practice boards delete --board\\_id".replaceAll("\\", ""),
    );
  });
});

describe("a conversation", () => {
  it("can be led out of a question by cancel or by a new wish", async () => {
    const it = await talk();
    await it.say("add a card Buy milk to Kitchen renovation");
    expect((await it.say("cancel")).text).toBe("Left as it was.");
    await it.say("add a card Buy milk to Kitchen renovation");
    expect((await it.say("show all my boards please")).text).toMatch(
      /^I left this undone: "add a card Buy milk to Kitchen renovation"\.\s*4 boards:/,
    );
    expect(writes(it)).toEqual([]);
  });

  it("asks again when the answer is none of the choices", async () => {
    const { say } = await talk();
    await say("add a card Buy milk to Kitchen renovation");
    expect((await say("Groceries")).choices).toMatchObject({ question: "I know no list called that. Which one?" });
  });

  it("says plainly what it cannot do and how to set a model", async () => {
    const { text, choices } = await (await talk()).say("write me a poem about the sea");
    expect(text).toContain("I found nothing in `practice`");
    expect(text).toContain("ANTHROPIC_API_KEY");
    expect(choices?.says).toEqual(["what can practice do"]);
  });

  it.each(["hello", "help"])("greets a newcomer with something to do: %s", async (words) => {
    const { choices } = await (await talk({ services: [] })).say(words);
    expect(choices?.says).toEqual(["connect practice"]);
  });

  it("tells what a service can do and what is connected", async () => {
    const { say } = await talk();
    const abilities = await say("what can practice do?");
    expect(abilities.text).toMatch(/\| boards \| list, get \| create, update, delete \|/);
    expect(abilities.choices?.says).toContain("practice boards list");
    expect((await say("what is connected?")).text).toContain("| ● Practice | `practice` | Ana Alves | 15 | 16 |");
  });

  it("uses the account that is named when there are several", async () => {
    const accounts = ["ana@home.example", "Work"].map((label) => ({ label, state: "connected" as const }));
    const { say } = await talk({ services: [{ ...practiceService, accounts }] });
    expect((await say("show my boards with Work")).commands.at(-1)).toBe(
      "practice boards list --all --limit 21 --account Work",
    );
    expect((await say("show my boards")).commands.at(-1)).toBe("practice boards list --all --limit 21");
  });

  it("takes up a read that was cut, and does not repeat a write", async () => {
    const it = await talk();
    const cut = (name: string) => ({
      type: "tool_result" as const,
      tool_use_id: name,
      content: "cut: Patchbay was stopped while this ran.\nNo request had been sent.",
      is_error: true,
    });
    const cutLastCall = () => {
      const results = it.messages.findLast(({ content }) => content.some((block) => block.type === "tool_result"));
      results!.content = results!.content.map((block) =>
        block.type === "tool_result" ? cut(block.tool_use_id) : block,
      );
      it.messages.splice(it.messages.indexOf(results!) + 1);
    };
    await it.say("show my boards");
    cutLastCall();
    expect((await it.say("go on")).text).toMatch(/^4 boards:/);
    await it.say("create a board called Summer");
    cutLastCall();
    expect((await it.say("go on")).text).toMatch(/^That may have been sent already\./);
    expect(writes(it)).toEqual(["POST /v1/boards"]);
  });

  it("gives the same answer to the same messages", async () => {
    const [one, other] = [await talk(), await talk()];
    for (const words of ["show my boards", "add a card Buy milk to Kitchen renovation"]) {
      expect((await one.say(words)).commands).toEqual((await other.say(words)).commands);
    }
  });
});

describe("connecting", () => {
  it.each([
    ["connect me to trello", { wish: "trello" }],
    ["Connect practice", { wish: "practice" }],
    ["please connect to Google Calendar", { wish: "Google Calendar" }],
    ["I want to use my Notion account", { wish: "Notion" }],
    ["add trello", { wish: "trello" }],
    ["connect another trello account", { wish: "trello", another_account: true }],
    ["connect https://api.example.com/openapi.json", { url: "https://api.example.com/openapi.json" }],
    ["https://docs.example.com/api/.", { url: "https://docs.example.com/api/" }],
    [
      "openapi: 3.1.0 …\n[The whole text, 45000 characters, is in the file pasted-1a2b3c4d.yaml.]",
      { file: "pasted-1a2b3c4d.yaml" },
    ],
  ])("hands %s to the builder", async (words, expected) => {
    const asked: unknown[] = [];
    const { say } = await talk({
      services: [],
      connect(input) {
        asked.push(input);
        return { content: "sign-in card shown for x.", endsTurn: true };
      },
    });
    await say(words);
    expect(asked).toEqual([expected]);
  });

  it.each([
    "add a card to Doing",
    "use the second board",
    "add the label Garden to my board",
    "set up a new list called Ideas",
  ])("does not mistake %s for a service", async (words) => {
    expect((await (await talk()).say(words)).calls).not.toContain("connect");
  });

  it("goes on with what was asked once the sign-in is done", async () => {
    const { say } = await talk();
    expect((await say("connect me to practice and show my boards")).calls).toEqual(["connect"]);
    const { text } = await say(
      "[Patchbay] connected: practice. The server proved it by reading `practice boards list`. Go on with what was asked.",
    );
    expect(text).toMatch(/^4 boards:/);
  });

  it("offers a first look when nothing else was asked", async () => {
    const { say } = await talk();
    await say("connect practice");
    const { choices } = await say(
      "[Patchbay] connected: practice. The server proved it by reading `practice boards list`. Go on with what was asked.",
    );
    expect(choices?.labels).toEqual(["List the boards", "What can it do?"]);
    expect(choices?.says[0]).toBe("practice boards list");
    expect((await say("practice boards list")).text).toMatch(/^4 boards:/);
  });

  it("repeats a Problem in its own words", async () => {
    const message =
      "That address gives a web page, not an API document. Look for a link called OpenAPI, Swagger or JSON on it.";
    const { say } = await talk({
      connect: () => ({ content: JSON.stringify({ ok: false, code: "document_is_page", message }) }),
    });
    expect((await say("connect https://example.com/")).text).toBe(`That did not work: ${message}`);
  });
});

describe("a new sentence while a question is open", () => {
  const sentence = 'add a practice card "Stopme" to the list Doing of Kitchen renovation';
  const left = 'I left this undone: "add a practice card Alpha".';

  it("starts the new wish instead of choosing the board it names, and says what it left", async () => {
    const it = await talk();
    expect((await it.say("add a practice card Alpha")).choices?.question).toMatch(/^Which board\?/);
    const { text, commands } = await it.say(sentence);
    expect(text).toContain(left);
    expect(commands.at(-1)).toBe("practice cards create --list_id lst_kitchen_doing --name Stopme");
    expect(writes(it)).toEqual(["POST /v1/lists/lst_kitchen_doing/cards"]);
  });

  it("starts the new wish instead of becoming the name of a card", async () => {
    const { say } = await talk();
    await say("add a card");
    await say("Kitchen renovation");
    expect((await say("Doing")).text).toBe("What should the **name** be?");
    expect((await say(sentence)).commands.at(-1)).toBe(
      "practice cards create --list_id lst_kitchen_doing --name Stopme",
    );
  });

  it("starts a wish for another kind of thing too, and takes words in quotes for the answer", async () => {
    const { say } = await talk();
    await say("rename the board Kitchen renovation");
    const { text, commands } = await say("add a label Foo to Product launch");
    expect(text).toContain("(If that was your answer, put it in quotes.)");
    expect(commands.at(-1)).toBe("practice labels create --board_id brd_launch --name Foo");
    await say("rename the board Kitchen renovation");
    expect((await say('"Make a list of tiles"')).commands.at(-1)).toBe(
      "practice boards update --board_id brd_kitchen --name 'Make a list of tiles'",
    );
  });

  it.each(["Kitchen renovation", "the board Kitchen renovation", "1"])("takes %s for the answer", async (answer) => {
    const { say } = await talk();
    await say("add a practice card Alpha");
    const { text, choices } = await say(answer);
    expect(choices?.labels).toEqual(["To do", "Doing", "Done"]);
    expect(text).not.toContain("undone");
    expect((await say("Doing")).commands.at(-1)).toBe("practice cards create --list_id lst_kitchen_doing --name Alpha");
  });

  it.each(["Write to the tiler", "New card layout", "Show Ana the sink"])("takes %s for a name", async (name) => {
    const { say } = await talk();
    await say("add a card to Kitchen renovation");
    await say("Doing");
    expect((await say(name)).commands.at(-1)).toBe(
      `practice cards create --list_id lst_kitchen_doing --name '${name}'`,
    );
  });
});

describe("several services and accounts", () => {
  const account = (label: string) => ({ label, state: "connected" as const });
  const boards = { ...practiceService, name: "Practice Boards", accounts: [account("ana@practice.example")] };
  const kanban = { ...practiceService, slug: "kanban", name: "Kanban", accounts: [account("Ana at work")] };
  const signedIn = (slug: string) =>
    `[Patchbay] connected: ${slug}. The server proved it by reading \`${slug} people get-me\`. Go on with what was asked.`;

  it("says for people that a service is connected, and offers what needs no input", async () => {
    const { say, connected } = await talk({ services: [] });
    await say("connect practice");
    connected([boards]);
    const { text, choices } = await say(signedIn("practice"));
    expect(text).toBe("● Practice Boards is connected as ana@practice.example; a first read worked.");
    expect(choices?.labels).toEqual(["List the boards", "What can it do?"]);
  });

  it.each(["What can it do?", "what can this do", "what can that do?", "What can you do with it?"])(
    "understands %s of the service that was just connected",
    async (words) => {
      const { say, connected } = await talk({ services: [boards] });
      await say("connect kanban");
      connected([boards, kanban]);
      await say(signedIn("kanban"));
      const { text, commands } = await say(words);
      expect(commands).toEqual([expect.stringMatching(/^kanban --describe/)]);
      expect(text).toContain("| boards | list, get | create, update, delete |");
    },
  );

  it("understands what can it do of the only service, and asks where there are several", async () => {
    expect((await (await talk()).say("what can it do?")).text).toContain("| boards | list, get |");
    const { choices } = await (await talk({ services: [boards, kanban] })).say("what can it do?");
    expect(choices?.says).toEqual(["what can practice do", "what can kanban do"]);
  });

  it("asks in which service, and stays there", async () => {
    const { say } = await talk({ services: [boards, kanban] });
    expect((await say("list my boards")).choices).toMatchObject({
      question: "In which service?",
      labels: ["Practice Boards", "Kanban"],
    });
    const { text, commands } = await say("Kanban");
    expect(text).toMatch(/^4 boards \(Kanban, Ana at work\):/);
    expect(commands.at(-1)).toBe("kanban boards list --all --limit 21");
    expect((await say("list my boards")).text).toMatch(/^4 boards \(Kanban, Ana at work\):/);
    expect((await say("list my practice boards")).text).toMatch(
      /^4 boards \(Practice Boards, ana@practice\.example\):/,
    );
  });

  it("goes on in the service that was just connected", async () => {
    const { say, connected } = await talk({ services: [boards] });
    await say("connect kanban");
    connected([boards, kanban]);
    await say(signedIn("kanban"));
    expect((await say("list my boards")).text).toMatch(/^4 boards \(Kanban, Ana at work\):/);
  });

  it.each(["list my boards", "practice boards list"])(
    "goes on with the account that was just connected: %s",
    async (words) => {
      const { say, connected } = await talk({ services: [boards] });
      await say("connect another practice account");
      connected([{ ...boards, accounts: [...boards.accounts, account("bo@practice.example")] }]);
      expect((await say(signedIn("practice"))).text).toContain("is connected as bo@practice.example");
      const { text, commands } = await say(words);
      expect(commands.at(-1)).toBe("practice boards list --all --limit 21 --account bo@practice.example");
      expect(text).toMatch(/^4 boards \(Practice Boards, bo@practice\.example\):/);
      const other = await say("list my boards as ana@practice.example");
      expect(other.text).toMatch(/^4 boards \(Practice Boards, ana@practice\.example\):/);
    },
  );
});
