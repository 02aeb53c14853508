import { stem } from "./stem.ts";

/** What a verb does, in one of four words; undefined for what is no verb of them. */
export function deedOf(term: string): string | undefined {
  return deeds.get(term);
}

/** Other words for a word, with how close they are. */
export function related(term: string): [word: string, closeness: number][] {
  return known.get(term) ?? [];
}

const deeds = new Map<string, string>();
const known = new Map<string, [string, number][]>();

function relate(line: string, closeness: number): void {
  const group = [...new Set(line.split(" ").map(stem))];
  for (const word of group) {
    const others = known.get(word) ?? [];
    for (const other of group) {
      if (other !== word && !others.some(([one]) => one === other)) others.push([other, closeness]);
    }
    known.set(word, others);
  }
}

for (const [deed, line] of [
  ["make", "create add new make insert post open write compose book"],
  ["remove", "delete remove erase drop destroy clear"],
  ["change", "update edit change modify patch set rename replace"],
  ["look", "list show get see view fetch read find lookup retrieve query browse display all search"],
] as const) {
  relate(line, 0.75);
  for (const word of line.split(" ")) deeds.set(stem(word), deed);
}

for (const line of [
  "repo repository",
  "org organization organisation",
  "mail email",
  "photo picture image",
  "doc document",
  "config configuration",
  "admin administrator",
  "auth authentication",
  "info information detail",
]) {
  relate(line, 0.95);
}
for (const line of ["my member account profile", "move update", "running active", "text content block child"])
  relate(line, 0.4);

for (const line of [
  "run execute trigger start dispatch invoke launch",
  "send post deliver publish",
  "close archive complete finish",
  "cancel stop abort terminate",
  "move transfer",
  "rotate regenerate renew",
  "buy purchase order create",
  "ban suspend block",
  "unblock unban reject",
  "download export content",
  "invite invitation add",
  "join enter subscribe",
  "leave quit unsubscribe",
  "approve accept confirm",
  "chat completion",
  "organization workspace company",
  "who user person people member contact participant",
  "my authenticated me self own current mine",
  "message mail email",
  "file document attachment upload content",
  "picture image photo avatar",
  "label tag",
  "card ticket task issue todo",
  "assign assignee",
  "comment reply note story",
  "event meeting appointment",
  "free busy freebusy available availability",
  "channel conversation room",
  "hook webhook",
  "price rate cost",
  "holiday vacation",
  "pull create download",
  "folder directory",
  "upcoming event next",
  "newest latest recent last",
  "past previous earlier history old",
  "trip ride journey travel",
  "rename move title",
  "close reopen lock status state",
  "package parcel shipment",
  "track tracking trace location",
  "pickup collect courier",
  "carrier courier shipper",
  "spend spent payment transaction expense purchase charge",
  "ask question prompt completion chat answer",
  "train training finetune tune job",
  "made make author creator developer",
  "approve review accept",
  "branch ref reference",
  "put add set",
  "memory cpu usage stat statistic metric resource",
  "balance account",
  "similar related suggested like recommend",
  "free available busy",
  "ready status state progress",
  "undo revert restore rollback",
  "far distance",
  "row record item entry object",
  "earn reward income",
  "login signin auth",
  "logout signout",
  "signup register",
  "near nearby close around",
  "credit quota usage balance limit account",
  "write send",
  "text content body",
  "error message",
  "bill invoice receipt",
  "log output print",
  "pay payment",
  "phone telephone mobile number",
  "language locale",
  "lock protect",
  "copy duplicate clone fork",
  "star favorite favourite bookmark like",
  "team group",
  "delivery shipment shipping",
  "weather forecast",
  "route direction",
  "translate translation",
  "password credential",
  "permission role access right",
  "job task run",
  "error failure exception",
  "customer client contact",
  "product item article goods",
  "stock inventory",
  "staff employee",
  "sign signature",
  "forum topic post",
]) {
  relate(line, 0.6);
}
