import { normal } from "./words.ts";

/** What a person means by a message, as far as rules can tell. */
export type Wish =
  | { kind: "greeting" }
  | { kind: "thanks" }
  | { kind: "help" }
  | { kind: "cancel" }
  | { kind: "more" }
  | { kind: "skip" }
  | { kind: "go_on" }
  | { kind: "pick"; number: number }
  | { kind: "connected" }
  | { kind: "connect"; wish?: string; url?: string; file?: string; another: boolean; after?: string }
  | { kind: "disconnect" }
  /** Without `slug` where nothing tells which service is meant. */
  | { kind: "update"; slug?: string; url?: string }
  | { kind: "reads"; slug?: string }
  /** Without `of` where nothing tells which service is meant. */
  | { kind: "abilities"; of?: string }
  | { kind: "command"; command: string }
  | { kind: "task"; text: string };

/** Reads a message. `slugs` are the services that are connected: their names begin commands. `here` is the one spoken of. */
export function readWish(message: string, slugs: string[], here?: string): Wish {
  const file = /\[The whole text, \d+ characters, is in the file ([\w./-]+)\.\]\s*$/.exec(message)?.[1];
  if (file) return { kind: "connect", file, another: false };
  const came = /\n\[The file (\S+) came with this; it lies in the conversation's files\.\]\s*$/.exec(message)?.[1];
  if (came) {
    const isDocument = /\.(json|ya?ml)$/i.test(came) && !/\bwhat('s| is)\b/i.test(message);
    return isDocument
      ? { kind: "connect", file: came, another: false }
      : { kind: "command", command: `head -n 21 '${came.replaceAll("'", "")}'` };
  }
  const text = message.trim();
  const plain = normal(text);

  if (/^\$\s*\S/.test(text)) return { kind: "command", command: text.replace(/^\$\s*/, "") };
  const first = text.split(/\s/)[0] ?? "";
  if (slugs.includes(first) && (/\s(--?\w|\|)/.test(text) || /^\S+ (search|call) /.test(text)))
    return { kind: "command", command: text };

  if (/^#?\d{1,2}[.)]?$/.test(text)) return { kind: "pick", number: Number(text.replace(/\D/g, "")) };
  if (/^(cancel|stop|never ?mind|forget it|none( of these)?|quit|abort|back|no)$/.test(plain))
    return { kind: "cancel" };
  if (/^(show )?(me )?(more|next|the rest|next page|go further|show all|all)( (of )?(them|it|please))?$/.test(plain))
    return { kind: "more" };
  if (/^(skip|leave (it )?(out|empty)|nothing|empty)$/.test(plain)) return { kind: "skip" };
  if (/^(go on|continue|retry|try again|again)$/.test(plain)) return { kind: "go_on" };
  if (/^(hi|hello|hey|good (morning|evening|afternoon)|hallo|bonjour|hola)( there| patchbay)?$/.test(plain))
    return { kind: "greeting" };
  if (/^(thanks|thank you|thx|great|cool|perfect|ok|okay|nice)( (a lot|very much|so much))?$/.test(plain))
    return { kind: "thanks" };
  if (
    /^(help|what can you do|how does this work|what is this|who are you|commands|what can i (do|say|ask))( here)?$/.test(
      plain,
    )
  )
    return { kind: "help" };
  if (
    /^(what|which|list|show)\b.*\b(connected|connections|integrations|services|accounts)\b/.test(plain) &&
    !/\bto\b/.test(plain)
  ) {
    return { kind: "connected" };
  }
  if (/^(disconnect|unlink|log ?out|sign ?out|revoke|forget)\b/.test(plain)) return { kind: "disconnect" };

  const about = slugs.find((slug) => ` ${plain} `.includes(` ${normal(slug)} `)) ?? here;
  const meant = about === undefined ? {} : { slug: about };
  if (isUpdate(plain, slugs)) {
    const url = /\bhttps?:\/\/[^\s<>"'`]+/i.exec(text)?.[0].replace(/[.,;:!?)\]}]+$/, "");
    return { kind: "update", ...meant, ...(url ? { url } : {}) };
  }
  if (/\b(which|what|are there|show|list)\b.*\b(writes?|posts?|operations)\b.*\bonly (read|look|search)/.test(plain))
    return { kind: "reads", ...meant };

  if (slugs.length > 0 && abilityOfIt.test(plain)) return { kind: "abilities", of: here };
  const ability =
    /^(?:what can (?:i|you|we) do (?:with|in|on)|what does|what is in|help(?: me)? with|how (?:do|can) i use|what can|operations of|commands of) (.+?)(?: do| offer| have| for me)?$/.exec(
      plain,
    );
  const of = ability?.[1] && slugs.find((slug) => normal(slug) === ability[1] || ability[1]?.split(" ").includes(slug));
  if (of) return { kind: "abilities", of };
  if (slugs.includes(plain.replaceAll(" ", "-"))) return { kind: "abilities", of: plain.replaceAll(" ", "-") };

  return readConnect(text) ?? { kind: "task", text };
}

/** "Update trello", "is there a newer version of trello": never "update the card". */
function isUpdate(plain: string, slugs: string[]): boolean {
  if (/\b(newer|new|newest|latest) version\b/.test(plain)) return true;
  const what =
    /^(?:please |can you |could you )*(?:update|upgrade|refresh)(?: the| my)? (.+?)(?: (?:tool|integration|connector|from .*|to .*|please))*$/.exec(
      plain,
    )?.[1];
  return what !== undefined && slugs.some((slug) => normal(slug) === what.replace(/ (?:tool|integration)$/, ""));
}

const abilityOfIt =
  /^(?:and |so )?what (?:else )?(?:can|could|does) (?:(?:it|this|that|they)(?: service| one)? (?:do|offer)|(?:i|you|we|one) do (?:with|in|on) (?:it|this|that|them)(?: service| one)?)(?: for me| here| now)?$/;

const connectWords =
  /^(?:please |can you |could you |i(?:'d| would)? (?:want|like|need) (?:you )?to |let'?s |help me )*(?:connect|link|hook up|integrate|set ?up|plug in|add|use|sign in|log ?in|wire up)\b(?: me| us)?(?: up)?(?: (?:to|with|into|in to))?\s+(.+)$/i;

function readConnect(text: string): Wish | undefined {
  const url = /\bhttps?:\/\/[^\s<>"'`]+/i.exec(text)?.[0].replace(/[.,;:!?)\]}]+$/, "");
  const match = connectWords.exec(text.replace(/[.!?]+$/, ""));
  if (url && (match || text.replace(url, "").trim().length < 60))
    return { kind: "connect", url, another: false, ...afterOf(text.split(url)[1] ?? "") };
  if (!match?.[1]) return undefined;
  const verb =
    /\b(connect|link|hook up|integrate|set ?up|plug in|add|use|sign in|log ?in|wire up)\b/i
      .exec(text)?.[1]
      ?.toLowerCase() ?? "";
  const [named = "", ...rest] = match[1].split(
    /(?:,?\s+and(?: then)?|,?\s+then|;|\.|,?\s+so (?:that )?(?:i|you|we) can)\s+/i,
  );
  const another = /\b(another|second|one more|other|different|additional)\b/i.test(named);
  const wish = named
    .replace(/\b(another|a second|second|one more|the other|different|additional)\b/gi, " ")
    .replace(/^(?:to|with|the|my|our|an?)\s+/i, "")
    .replace(/\s+(?:account|api|service|integration|please)s?\b/gi, " ")
    .replace(/^\s*(?:to|with|the|my|our|an?)\s+/i, "")
    .replace(/\s+/g, " ")
    .trim();
  // "add a card …" is a task; "add trello" or "use my Notion account" is a connection.
  const doubtful = verb === "add" || verb === "use" || /^set ?up$/.test(verb);
  const namesAccount = /\b(account|api|integration|service)\b/i.test(named);
  if (doubtful && !namesAccount && (wish.split(" ").length > 2 || /^an?\s|^the\s/i.test(named))) return undefined;
  if (wish === "" || wish.split(" ").length > 6) return undefined;
  return { kind: "connect", wish, another, ...afterOf(rest.join(" and ")) };
}

/** What was asked beside the connection: "connect trello and show my boards". */
function afterOf(rest: string): { after?: string } {
  const after = rest.replace(/^[\s,;.]*(?:and|then|so (?:that )?(?:i|you|we) can)?\s*/i, "").trim();
  return after.split(" ").length > 1 ? { after } : {};
}
