import { digest } from "./keys.ts";
import type { Journal } from "./journal.ts";
import type { Kanban } from "./kanban.ts";
import type { Label, Person } from "./nouns.ts";
import { busyBoardId } from "./rate-limit.ts";

export const people: readonly Person[] = [
  { id: "ana", name: "Ana Alves", email: "ana@practice.example" },
  { id: "ben", name: "Ben Bauer", email: "ben@practice.example" },
];

type BoardSample = {
  id: string;
  name: string;
  description: string;
  members: string[];
  labels?: Record<string, { name: string; color: Label["color"] }>;
  lists: Record<string, { name: string; cards: (string | CardSample)[] }>;
};
type CardSample = {
  id: string;
  name: string;
  description?: string;
  dueInDays?: number;
  labels?: string[];
  comments?: [author: string, text: string][];
};

const samples: BoardSample[] = [
  {
    id: "kitchen",
    name: "Kitchen renovation",
    description: "New tiles, new sink, same kettle.",
    members: ["ana"],
    labels: {
      urgent: { name: "Urgent", color: "red" },
      shop: { name: "Buy", color: "blue" },
      call: { name: "Call", color: "amber" },
    },
    lists: {
      todo: {
        name: "To do",
        cards: [
          {
            id: "sink",
            name: "Order the sink",
            description: "60 cm, one bowl, steel.",
            dueInDays: 9,
            labels: ["shop"],
          },
          {
            id: "plumber",
            name: "Find a plumber",
            description: "Ask Ben who did theirs.",
            dueInDays: 3,
            labels: ["call", "urgent"],
          },
          "Measure the window",
          "Pick a colour for the wall",
        ],
      },
      doing: {
        name: "Doing",
        cards: [
          {
            id: "tiles",
            name: "Choose the tiles",
            description: "About 8 square metres. Grey or green.",
            dueInDays: 1,
            labels: ["urgent", "shop"],
            comments: [
              ["ana", "The grey ones, please."],
              ["ana", "Or the green ones. I will sleep on it."],
            ],
          },
          "Take down the old shelves",
        ],
      },
      done: { name: "Done", cards: ["Make a plan", "Set the budget", "Empty the cupboards"] },
    },
  },
  {
    id: "launch",
    name: "Product launch",
    description: "Everything before the first of the month.",
    members: ["ana", "ben"],
    labels: { text: { name: "Text", color: "violet" }, legal: { name: "Legal", color: "grey" } },
    lists: {
      ideas: { name: "Ideas", cards: ["A short film", "Stickers", "Open house on Friday"] },
      doing: {
        name: "Doing",
        cards: [
          {
            id: "announcement",
            name: "Write the announcement",
            description: "One page, no jargon, one picture.",
            dueInDays: 5,
            labels: ["text"],
            comments: [
              ["ben", "First draft is in the folder."],
              ["ana", "Read it: shorter, and it is there."],
            ],
          },
          { id: "imprint", name: "Check the imprint", dueInDays: 6, labels: ["legal"] },
        ],
      },
      done: { name: "Done", cards: ["Choose a name", "Reserve the room"] },
    },
  },
  {
    id: "books",
    name: "Books to read",
    description: "One a week would be nice.",
    members: ["ana"],
    lists: {
      unread: {
        name: "Unread",
        cards: Array.from({ length: 60 }, (_, index) => `Book ${index + 1} from grandmother's shelf`),
      },
      reading: { name: "Reading", cards: ["The atlas of small islands"] },
      read: { name: "Read", cards: ["A history of chairs", "Bread, mostly"] },
    },
  },
  {
    id: "band",
    name: "Band practice",
    description: "Thursdays, the cellar.",
    members: ["ben"],
    lists: {
      songs: { name: "Songs to learn", cards: ["Slow train", "The one in five-four", "Lullaby for a drummer"] },
      ready: { name: "Ready for the stage", cards: ["Opening number"] },
    },
  },
  {
    id: "busy",
    name: "Rush hour",
    description: "Busy on purpose: asks you to come back in a second before each answer.",
    members: ["ana", "ben"],
    lists: { platform: { name: "Platform", cards: ["Mind the gap"] } },
  },
];

const plan =
  "Kitchen, 3.20 x 2.60 m\nWindow on the left, door on the right.\nSink under the window, stove across from it.\n";
const day = 86_400_000;

/** Puts pleasant sample boards on an empty service. */
export function putSampleData(kanban: Kanban, journal: Journal, today: Date) {
  journal.together(() =>
    samples.forEach((sample, index) => putBoard(kanban, sample, new Date(today.getTime() - (30 - index) * day))),
  );
  const bytes = new TextEncoder().encode(plan);
  kanban.files.put("att_kitchen_plan", bytes);
  kanban.attachments.put({
    id: "att_kitchen_plan",
    card_id: "crd_kitchen_tiles",
    name: "plan.txt",
    content_type: "text/plain",
    size: bytes.length,
    sha256: digest(bytes),
    uploaded_by: "ana",
    created_at: today.toISOString(),
  });
}

function putBoard(kanban: Kanban, sample: BoardSample, made: Date) {
  const at = { created_at: made.toISOString(), updated_at: made.toISOString() };
  const boardId = sample.id === "busy" ? busyBoardId : `brd_${sample.id}`;
  const author = sample.members[0] ?? "ana";
  kanban.boards.put({
    id: boardId,
    name: sample.name,
    description: sample.description,
    archived: false,
    member_ids: sample.members,
    ...at,
  });
  for (const [name, label] of Object.entries(sample.labels ?? {}))
    kanban.labels.put({ id: `lbl_${sample.id}_${name}`, board_id: boardId, ...label });

  Object.entries(sample.lists).forEach(([listName, list], listIndex) => {
    const listId = `lst_${sample.id}_${listName}`;
    kanban.lists.put({
      id: listId,
      board_id: boardId,
      name: list.name,
      position: (listIndex + 1) * 1_000,
      created_at: at.created_at,
    });
    list.cards.forEach((entry, cardIndex) => {
      const card: CardSample = typeof entry === "string" ? { id: `${listName}_${cardIndex + 1}`, name: entry } : entry;
      const cardId = `crd_${sample.id}_${card.id}`;
      kanban.cards.put({
        id: cardId,
        board_id: boardId,
        list_id: listId,
        name: card.name,
        description: card.description ?? "",
        due_at:
          card.dueInDays === undefined ? null : new Date(made.getTime() + (30 + card.dueInDays) * day).toISOString(),
        label_ids: (card.labels ?? []).map((label) => `lbl_${sample.id}_${label}`),
        position: (cardIndex + 1) * 1_000,
        archived: false,
        created_by: author,
        ...at,
      });
      (card.comments ?? []).forEach(([writer, text], index) => {
        const written = new Date(made.getTime() + (index + 1) * 3_600_000).toISOString();
        kanban.comments.put({
          id: `cmt_${sample.id}_${card.id}_${index + 1}`,
          card_id: cardId,
          author_id: writer,
          text,
          created_at: written,
          updated_at: written,
        });
      });
    });
  });
}
