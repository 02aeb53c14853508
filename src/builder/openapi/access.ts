import type { Access } from "../../contract/access.ts";
import type { Endpoint } from "./model.ts";
import { plainText } from "./reading.ts";
import { words } from "./words.ts";

export type Judgement = {
  access: Access;
  /** Said where the method alone does not tell. */
  reason?: string;
  /** Why a person may make a read of it. Never done by us. */
  suggestion?: string;
};

/**
 * Whether an operation reads or writes. GET and HEAD read unless anything about them says that they change something; all
 * others write. A read taken for a write asks a person once too often; a write taken for a read must not happen.
 */
export function judge(endpoint: Endpoint): Judgement {
  if (endpoint.graphql) return { access: endpoint.graphql.type === "query" ? "read" : "write" };
  if (endpoint.method !== "GET" && endpoint.method !== "HEAD") {
    const suggestion = looksLikeRead(endpoint);
    return suggestion ? { access: "write", suggestion } : { access: "write" };
  }
  const reason = changes(endpoint);
  return reason ? { access: "write", reason } : { access: "read" };
}

/** Words that are only ever orders. In a path or a name they tell of a change whatever stands around them. */
const orders = new Set(
  `logout logon signout authenticate signoff logoff login signin unsubscribe resubscribe accept reject decline approve disapprove disable enable recover activate
  deactivate reactivate delete remove create cancel revoke unfollow unarchive restore publish unpublish execute regenerate
  generate purge flush clear unlock unblock ban unban reindex rebuild resend send acknowledge dismiss pause resume retry rerun
  submit assign unassign unregister deregister disconnect install uninstall reinstall enroll unenroll redeem withdraw
  toggle finalize impersonate confirm uninvite destroy drop erase wipe terminate kill abort shutdown reboot restart
  update modify edit replace rename append insert upsert increment decrement undelete undo redo void unlink
  detach mute unmute subscribe initiate trigger enqueue dequeue consume ack nack expire invalidate rotate
  upload ingest notify authorize deauthorize unauthorize logoutall reconnect resync undeploy promote
  demote suspend unsuspend kick join leave unjoin unlike upvote downvote unpin favorite unfavorite unstar 
  discard rollback provision deprovision evict poke nudge optin optout opt dial hangup snooze unsnooze acquire migrate reload
  extend prolong wakeup unpair abandon allocate deallocate amend annul arm disarm cleanup commence decommission
  deduct defer dispense dissolve donate eject elevate escalate expel freeze unfreeze fulfil fulfill hide unhide ignite inject
  kickoff mint nuke overwrite prune quarantine reassign reclaim recreate redeploy refill reinvite reissue relaunch remediate
  remit renew reopen repair replay replicate requeue reschedule resize retract revert sanitize scrub spawn trim truncate
  unassign unbind uncancel unclaim unflag unlist unload unmark unmount unregister unset unshare unsuspend untag untrash
  unwatch upgrade downgrade vacate waive yank zap recompute recalculate retrain reprocess rescan regrant ungrant checkin
  clockin clockout punch relock denylist allowlist blacklist whitelist forgot synchronise synchronize
  shuffle pulse eval anonymise anonymize drain cordon uncordon brew catchup attend rsvp reroute buzz markread reimport
  rescue backfill failover rebalance resettle recharge rearm reauthorize wol`
    .trim()
    .split(/\s+/),
);

/** Words that are orders as well as names of things: the text around them decides, and without text they are orders. */
const doubtful: Set<string> = new Set(
  `add set reset mark start stop run open close move copy clone merge import export order lock block archive schedule book
  register transfer charge refund pay deposit star process sync refresh build test test-fire post put patch checkout check-in
  claim release reserve lease hold push pull fork watch comment share report flag link attach request call warm seed init
  verify rate review click track bump touch reply forward print queue fire switch step bulk batch action command mutate
  transition convert split swap change turn new setup commit deploy launch invite vote save like follow apply configure pin
  connect end complete done seen finish take empty use scan crawl receive pop wake silence pair snapshot backup capture buy
  sell trade fund gift grant credit debit bill email mail ship settle sign issue award exchange deliver dispatch fill flip
  force load mount perform play power prepare raise respond roll scale seal unseal spend tip trash trial broadcast clean collect
  compact engage adjust advance allow deny ask bind boost bounce make resolve reward skip sleep turn write ignore bookmark hang record hit control
  place draw stake bid wave burn`
    .trim()
    .split(/\s+/),
);

const readVerbs = new Set(
  `get gets list lists fetch fetches read reads retrieve retrieves find finds search searches query queries show shows view views
  return returns describe describes lookup count counts download downloads check checks browse display displays load loads
  obtain obtains provide provides see gives give determine determines compare inspect poll all index whether is has exists
  summary information details`
    .trim()
    .split(/\s+/),
);

/** Also what undoes a deed that is known: "unverify". */
function isOrderWord(word: string): boolean {
  return orders.has(word) || (word.startsWith("un") && (orders.has(word.slice(2)) || doubtful.has(word.slice(2))));
}

function changes(endpoint: Endpoint): string | undefined {
  const summary = plainText(endpoint.summary);
  const description = plainText(endpoint.description);
  const name = words(endpoint.id?.split(/[./]/).pop() ?? "");
  const isOrder = isOrderWord(firstWord(summary)) || doubtful.has(firstWord(summary));
  const saysRead = readVerbs.has(firstWord(summary)) || (!isOrder && readVerbs.has(firstWord(description)));

  const prose =
    changesInText(summary, !readVerbs.has(name[0] ?? "")) ??
    changesInText(description, !readVerbs.has(firstWord(summary)));
  if (prose) return `its text says that it changes something ("${prose}")`;

  const named = changesInName(name, endpoint, saysRead);
  if (named) return `its name says "${named}"`;

  const statics =
    endpoint.path
      .split("#")[0]
      ?.split("?")[0]
      ?.split("/")
      .filter((segment) => segment !== "" && !/^\{[^}]*\}$/.test(segment)) ?? [];
  const plainEnd = statics.at(-1) ?? "";
  const last =
    /^(?:json|xml|csv|all|now|me|self|bulk|v\d+)$/i.test(plainEnd) && statics.length > 1
      ? [statics.at(-2) ?? "", plainEnd]
      : [plainEnd];
  // Where nothing is said in words, an order anywhere in the path counts.
  const spoken = summary !== "" || description !== "" || name.length > 0;
  // "/tasks/{id}/done", "/lights/{id}/on", "/notifications/read-all": no verbs, and said to one thing or to all.
  const told = /\}\/(on|off|up|down|done|seen|read|ping|test)\/?$|\/(read-?all|all-?read)\/?$/i.exec(endpoint.path);
  if (told && !saysRead) return `its path says "${told[1] ?? told[2]}"`;
  for (const segment of spoken ? last : statics) {
    const plain = segment.replace(/\.(?:php|aspx?|jsp|do|action|cgi|json|xml)$/i, "");
    // "doDelete", "do_logout"
    const parts = words(plain.replace(/\{[^}]*\}/g, " ")).filter(
      (word, at, all) => word !== "do" || at > 0 || all.length === 1,
    );
    const joined = joinedOrder(parts);
    if (joined) return `its path says "${joined}"`;
    const lead = plain.includes(".") ? parts.at(-1) : parts[0];
    const candidates = plain.includes(".") ? [lead, words(plain.split(".").pop() ?? "")[0]] : [lead];
    for (const word of candidates) {
      if (word === undefined) continue;
      // "createSchema" and "setupProgress" are things when the text says that it reads.
      if (isOrderWord(word) && !(parts.length > 1 && !segment.includes(".") && saysRead))
        return `its path says "${word}"`;
      // "/jobs/{id}/start" is an order; "/orders/open" and "/imports" are things when the text says that it reads.
      if (
        doubtful.has(word) &&
        (!saysRead || (isOrderAtEnd(endpoint.path, word) && saysOnlyGet(summary || description)))
      )
        return `its path says "${word}"`;
    }
  }
  // "/factory-reset", "One-click unsubscribe": the order comes last.
  const ending = words(last.at(-1) ?? "");
  if (!saysRead && ending.length === 2 && (isOrderWord(ending[1] ?? "") || /^(?:reset|now)$/.test(ending[1] ?? "")))
    return `its path says "${ending.join(" ")}"`;
  const titled = words(summary);
  if (!saysRead && titled.length >= 2 && titled.length <= 4 && isOrderWord(titled.at(-1) ?? ""))
    return `its text says that it changes something ("${short(summary)}")`;
  const literal = new URLSearchParams(endpoint.path.split("#")[0]?.split("?")[1] ?? "");
  for (const [name, value] of literal) {
    const order = words(value).find((word) => isOrderWord(word) || doubtful.has(word));
    if (order) return `its address says "${name}=${value}"`;
  }
  for (const parameter of endpoint.parameters) {
    if (
      parameter.in !== "query" ||
      !/^_?(?:action|method|cmd|command|op|operation|do|task|func|function|verb)$/i.test(parameter.name)
    )
      continue;
    const values = Array.isArray(parameter.schema.enum) ? parameter.schema.enum.map(String) : [];
    const order = values.find((value) => words(value).some((word) => isOrderWord(word) || doubtful.has(word)));
    if (order && (parameter.required || !saysRead)) return `"${parameter.name}" may be "${order}"`;
    if (values.length === 0 && parameter.required && parameter.name.startsWith("_method"))
      return `"${parameter.name}" may be any method`;
  }
  return undefined;
}

/** A word that is an order right after an id: `/jobs/{id}/start`. */
function isOrderAtEnd(path: string, word: string): boolean {
  return (firm.has(word) || word === "ping" || word === "test") && new RegExp(`\\}/${word}/?$`, "i").test(path);
}

/** "Get" may be the method put into words; "check" and "list" are not. */
function saysOnlyGet(prose: string): boolean {
  return /^(?:gets?|returns?|reads?)$/.test(firstWord(prose));
}

/** Of the doubtful words, those that open a summary as an order: "Start export", "Close ticket". */
const firm = new Set(
  `start stop run close open move merge reset mark refund pay charge sync refresh launch deploy transfer add set put claim
  release fire reserve fork push pull split convert turn switch apply save touch bump connect invite step end complete finish
  take empty pop wake silence pair trash ship sell buy flip dispatch make perform mount clean hang vote bump block`
    .trim()
    .split(/\s+/),
);

function changesInName(name: string[], endpoint: Endpoint, saysRead: boolean): string | undefined {
  const meaningful = name.filter((word) => !/^(?:api|v\d+|rest|do|the|a)$/.test(word));
  const groups = new Set(endpoint.tags.flatMap(words).flatMap((word) => [word, `${word}s`, word.replace(/s$/, "")]));
  const last = meaningful.at(-1) ?? "";
  if (meaningful.length === 2 && /^(?:on|off|up|down|done|seen)$/.test(last) && !saysRead) return last;
  const lead = meaningful.find((word) => isOrderWord(word) || doubtful.has(word) || readVerbs.has(word));
  if (lead === undefined) return undefined;
  if (isOrderWord(lead) && !groups.has(lead)) return lead;
  if (readVerbs.has(lead)) {
    // "getAndDeleteMessage", "fetchOrCreate"; and "get" may stand for the method only: "getLogout", "get_unsubscribe".
    const joined = joinedOrder(meaningful);
    if (joined) return joined;
    const at = meaningful.indexOf(lead);
    const rest = meaningful.slice(at + 1);
    const only = rest.find((word) => !groups.has(word)) ?? rest[0];
    if (only !== undefined && rest.length <= 2 && isOrderWord(rest.at(-1) ?? "") && !saysRead) return rest.at(-1);
    return undefined;
  }
  if (groups.has(lead)) return undefined;
  // "claim_billing_notes_list": the verb stands behind the thing.
  if (
    meaningful.length > 1 &&
    /^(?:list|read|get|retrieve|search|show|detail)$/.test(meaningful.at(-1) ?? "") &&
    saysRead
  )
    return undefined;
  return doubtful.has(lead) && !saysRead && meaningful.indexOf(lead) === 0 ? lead : undefined;
}

/** "getAndDelete", "find-or-create". */
function joinedOrder(parts: string[]): string | undefined {
  return parts.find(
    (word, index) => index > 1 && isOrderWord(word) && /^(?:and|or|then)$/.test(parts[index - 1] ?? ""),
  );
}

/** What the prose itself says is changed: an order at its beginning, or a plain statement that something is done. */
function changesInText(prose: string, isTitle = false): string | undefined {
  if (prose === "") return undefined;
  for (const [index, sentence] of prose
    .slice(0, 1500)
    .split(/(?<=[.!?;:])\s+/)
    .entries()) {
    // Later sentences tell the caller what to do ("Set the header"): there only the third person is meant.
    const lead = imperative(sentence, isTitle && index === 0, index > 0);
    if (lead) return short(lead);
    // What becomes of the operation itself is no change that it makes: "This endpoint will be removed".
    if (
      /deprecat|no longer|closing down|sunset|will (?:also )?be (?:removed|replaced|moved)\b[^.]*\b(?:version|release|api|v\d)|\b(?:endpoint|api|method|operation|parameter|field|property|feature|resource|attribute|version)s?\b[^.]{0,60}\bwill (?:soon )?be (?:removed|replaced|moved|updated)/i.test(
        sentence,
      )
    )
      continue;
    // "Receive and remove a message", "Get or create a user".
    const second = /^["'(\s]*[A-Za-z-]+\s+(?:and|or|then|&)\s+(?:then\s+)?([A-Za-z-]+)/.exec(sentence);
    const deed = second?.[1]?.toLowerCase() ?? "";
    if (index === 0 && [deed, ...withoutEnding(deed)].some((one) => isOrderWord(one))) return short(second?.[0] ?? "");
    const stated = statements.find((pattern) => pattern.test(sentence));
    if (stated) return short(stated.exec(sentence)?.[0] ?? "");
  }
  return undefined;
}

const changing =
  "creat|delet|remov|updat|modif|chang|replac|reset|clear|purg|wip|eras|trigger|start|initiat|launch|enqueu|queu|schedul|send|resend|cancel|revok|invalidat|activat|deactivat|enabl|disabl|lock|unlock|archiv|unarchiv|restor|publish|unpublish|approv|reject|declin|accept|subscrib|unsubscrib|register|unregister|mark|increment|decrement|consum|acknowledg|dismiss|paus|resum|restart|generat|regenerat|rotat|merg|assign|unassign|mov|transfer|charg|refund|submit|confirm|recover|reactivat|insert|append|add|set|terminat|destroy|flush|rebuild|reindex|sync|synchroniz|redeem|connect|disconnect|install|uninstall|join|leav|follow|unfollow|execut|stop|abort|kill|invit|notif|upload|import|sav|writ";

const statements = [
  new RegExp(
    `\\b(?:this|the)\\s+(?:api\\s+)?(?:endpoint|method|operation|call|request|route|resource|action|url|link|function|api)\\s+(?:also\\s+|will\\s+|can\\s+be\\s+used\\s+to\\s+|is\\s+used\\s+to\\s+|should\\s+be\\s+used\\s+to\\s+|allows?\\s+(?:you|users?|the\\s+user)\\s+to\\s+|lets\\s+you\\s+)*(?:${changing})(?:e|es|s|ies|y)?\\b(?!\\s+(?:of|history|data|status|information))`,
    "i",
  ),
  new RegExp(`\\b(?:used|use|uses|way|able)\\s+to\\s+(?:${changing})(?:e|y)?\\b`, "i"),
  new RegExp(
    `\\b(?:and|then|also|which|that)\\s+(?:then\\s+|also\\s+|automatically\\s+)?(?:marks|deletes|removes|resets|clears|updates|creates|triggers|starts|sends|consumes|acknowledges|invalidates|expires|revokes|increments|activates|deactivates|enables|disables|locks|unlocks|advances|counts|burns|destroys|erases|wipes|pops|dequeues|decrements|closes|publishes|archives|restores|regenerates|rotates|notifies|charges|refunds|logs\\s+out|signs\\s+out|cancels|approves|subscribes|unsubscribes|registers|restarts|purges)\\b`,
    "i",
  ),
  /\b(?:will|shall)\s+(?:be|get)\s+(?:automatically\s+|then\s+|also\s+)?(?:deleted|removed|marked|reset|created|sent|triggered|consumed|updated|cleared|started|queued|cancell?ed|revoked|invalidated|activated|deactivated|enabled|disabled|logged\s+out|signed\s+out|unsubscribed|subscribed|archived|locked|unlocked|regenerated|charged|e-?mailed|notified|purged|expired|acknowledged|restarted|stopped|merged|moved|replaced|overwritten)\b/i,
  /\b(?:is|are|gets?|being)\s+(?:then\s+|also\s+|automatically\s+|immediately\s+)?(?:deleted|removed|cleared|consumed|marked|reset|invalidated|expired|acknowledged|dequeued|destroyed|erased|burned|burnt|wiped)\b[^.]{0,60}\b(?:after|once|when|upon|by)\b[^.]{0,40}\b(?:fetch|read|retriev|call|return|request|view|download|deliver|access|get)/i,
  /\bmarks?\s+(?:\w+\s+){0,4}(?:done|read|unread|seen|completed?|paid|resolved|delivered)\b/i,
  /\b(?:mark|flag)(?:s|ed|ing)?\b[^.]{0,60}\bas\s+(?:read|unread|seen|done|complete|completed|delivered|spam|paid|resolved|viewed)\b/i,
  /\blogs?\s+(?:the\s+|an?\s+|this\s+|that\s+|current\s+|you\s+|all\s+|every\s+)*(?:user|session|users|sessions|account|device|client|visitor|everyone)?\s*(?:out|off|in|on|onto|into)\b/i,
  /\bsigns?\s+(?:the\s+|a\s+|this\s+|you\s+)*(?:user|session)?\s*(?:out|off|in)\b/i,
  /\b(?:starts|start|begins|initiates|kicks\s+off|launches|triggers|queues|schedules)\s+(?:an?|the)\s+(?:\w+\s+){0,2}(?:export|import|job|process|task|sync|synchronization|build|run|scan|backup|download|report|crawl|deployment|restart|migration|workflow|execution)\b/i,
  /\bnewly\s+(?:created|generated|issued)\s+(?:api\s+)?(?:key|token|secret|code|password|session|link)\b/i,
  /\b(?:is|are|gets?|being)\s+(?:then\s+)?(?:deleted|removed|consumed|invalidated|expired|destroyed|erased|burned|burnt|wiped)\s+(?:afterwards?|thereafter|immediately|right\s+away|on\s+(?:read|access|retrieval|view|download))\b/i,
  /^(?!.*\b(?:that|which|who|whose|if|whether|when|list|lists|gets?|returns?|retrieves?|shows?)\b).*\b(?:is|are|gets?)\s+(?:deleted|removed|sent|reset|cleared|erased)\b/i,
  // A token that was not there before; a visit that is one more now.
  /\b(?:gets?|returns?|issues?|obtains?|requests?|fetch(?:es)?)\s+an?\s+(?:new|fresh|one[- ]time)\s+(?:\w+\s+){0,2}(?:token|key|secret|code|session|password|pin|otp)\b/i,
  /\bcounts?\s+an?\s+(?:visit|view|hit|click|impression|open|download|play)\b/i,
  /\bnext\s+(?:value|number|id)\s+(?:of|from|in)\s+(?:the\s+|a\s+)?(?:sequence|counter)\b/i,
  /^\S+\s[^.]*\b(?:immediately|right\s+now)[.!]?$/i,
  /\bside[- ]effects?\b/i,
];

/** "Marks all as read", "Log out", "Deletes …": an order that opens a sentence. */
function imperative(sentence: string, isTitle: boolean, thirdPersonOnly: boolean): string | undefined {
  // "Enables an app to find …", "Allows you to delete …": the word after "to" counts.
  const purpose =
    /^["'(\s]*(?:this\s+(?:\w+\s+){1,3})?(?:can\s+be\s+used|used|use\s+(?:this|the|an?)(?:\s+\w+)?|allows?|enables?|lets?|permits?|helps?)\b[^.]{0,60}?\bto\s+(.*)$/is.exec(
      sentence,
    )?.[1];
  if (purpose !== undefined) return imperative(purpose, false, false);
  const match = /^["'(\s]*(?:(?:please|let(?:s)?\s+you)\s+)?([A-Za-z-]+)(?:\s+(out|off|in|up|down))?\b/.exec(sentence);
  const word = match?.[1]?.toLowerCase();
  if (match === null || word === undefined || word === "unlike") return undefined;
  if (/^(?:log|sign|check|clock|opt)s?$/.test(word) && /^(?:out|off|in)$/i.test(match[2] ?? "")) return match[0];
  if (
    isTitle &&
    !saysNothingDone.has(word) &&
    /^["'(\s]*[a-z]+\s+(?:out\s+|up\s+)?(?:an?|the|my|your|our)\s+[a-z]/i.test(sentence)
  ) {
    const bases = [word, ...withoutEnding(word)];
    if (!bases.some((base) => readVerbs.has(base) || saysNothingDone.has(base))) return match[0];
  }
  for (const base of [word, ...withoutEnding(word)]) {
    if (readVerbs.has(base)) return undefined;
    const isThird = base !== word;
    if (thirdPersonOnly && !isThird) continue;
    if (!isOrderWord(base) && !doubtful.has(base)) continue;
    // "Pause status", "Connect settings": the name of a thing. "Accepts an optional header": of an input.
    const goesSomewhere = /^["'(\s]*\S+\s+(?:data\s+)?(?:from|into|to)\s+[a-z]/i.test(sentence) && base !== "change";
    if (!isThird && isThing(sentence, match[0]) && !goesSomewhere) return undefined;
    if (isTitle && goesSomewhere) return match[0];
    if (
      base === "accept" &&
      /\b(?:parameters?|arguments?|headers?|values?|optional|formats?|query|filters?|types?)\b/i.test(sentence)
    )
      return undefined;
    // "Takes a user id and returns the user" tells of an input.
    if (/^(?:take|receive|use)$/.test(base) && /\breturns?\b|\bparameters?\b/i.test(sentence)) return undefined;
    // "Performs a search", "Make a basic ping request".
    if (/^(?:perform|make)$/.test(base) && /\b(?:search|query|lookup|check|calculation|request|call)\b/i.test(sentence))
      return undefined;
    if (isOrderWord(base)) return match[0];
    // "Orders of a customer" is a list; "Orders a book" and "Close ticket" are orders.
    if (/^["'(\s]*\S+\s+(?:an?|the|all|this|these|your|my|our|one|multiple|every|each|some|new)\b/i.test(sentence))
      return match[0];
    if (
      isThird &&
      /^(?:start|stop|turn|switch|run)$/.test(base) &&
      /^["'(\s]*\S+\s+[a-z]+(?:ing|ed)?\b(?<!\bof)/i.test(sentence)
    )
      return match[0];
    if (isTitle && !isThird && firm.has(base) && /^["'(\s]*\S+\s+[a-z]/i.test(sentence)) return match[0];
  }
  return undefined;
}

/**
 * What may stand before "a" or "the" where nothing is done to the thing. Any other word there is a verb we do not know, so an
 * order: "Brew a coffee".
 */
const saysNothingDone = new Set(
  `about above across after against along among around as at before behind below beneath beside between beyond by concerning
  despite during except for from given if in inside into like near of off on once only onto or out outside over per regarding
  since than that then there through throughout till to toward under until upon via when where whether which while who whose
  why with within without and both but here how not what this these those it its is are was were be being been can could do
  does did has have had may might must shall should will would access accesses ask asks allow allows calculate compute
  estimate evaluate validate verify preview render convert resolve stream watch ping test explain explore discover detect
  enumerate identify iterate know learn locate look map match monitor observe optionally obtain predict print recommend
  report represent represents request requests select suggest summarize tell tells trace track translate use used uses contain
  contains hold holds include includes indicate indicates mean means specify specifies define defines expose exposes supply
  supplies dump dumps deliver offer offers serve serves open opens page pages perform performs make makes same such`
    .trim()
    .split(/\s+/),
);

function isThing(sentence: string, lead: string): boolean {
  return /^\s+(?:status|state|settings?|history|logs?|details|info(?:rmation)?|url|urls|options|list|types?|count|statistics|stats|requests?|events?|times?|notes?|dates?|items?|reasons?|codes?|points?|rates?|names?|pages?|links?|jobs|runs|names|results|artifacts|metrics|reports|rules|policy|policies|limits?|window|range|positions?|progress|schema|templates?|versions?|groups?|sets?|of|for|by|and|or|in|to|records|data|summary|results?|id|ids|keys?|tokens?)\b/i.test(
    sentence.slice(sentence.indexOf(lead) + lead.length),
  );
}

function withoutEnding(word: string): string[] {
  if (word.endsWith("ies")) return [`${word.slice(0, -3)}y`];
  if (word.endsWith("es")) return [word.slice(0, -1), word.slice(0, -2)];
  return word.endsWith("s") && !word.endsWith("ss") ? [word.slice(0, -1)] : [];
}

function firstWord(prose: string): string {
  return /[A-Za-z]+/.exec(prose)?.[0].toLowerCase() ?? "";
}

function short(text: string): string {
  return text.trim().slice(0, 60);
}

const reading = new Set(
  `search query find list lookup validate verify check preview calculate compute estimate count filter autocomplete suggest
  render parse translate analyze analyse classify simulate evaluate compare fetch get read retrieve quote diff format explain
  describe detect extract match recommend aggregate completions embeddings tokenize inspect`
    .trim()
    .split(/\s+/),
);

/** A POST that only looks, as far as its name and path tell: said to a person, who decides. */
function looksLikeRead(endpoint: Endpoint): string | undefined {
  if (
    endpoint.method !== "POST" &&
    endpoint.method !== "QUERY" &&
    endpoint.method !== "REPORT" &&
    endpoint.method !== "OPTIONS"
  )
    return undefined;
  if (endpoint.method === "QUERY" || endpoint.method === "OPTIONS")
    return `${endpoint.method} is a method that only looks`;
  const summary = plainText(endpoint.summary) || plainText(endpoint.description);
  if (changesInText(summary, true)) return undefined;
  const name = words(endpoint.id?.split(/[./]/).pop() ?? "");
  const last =
    endpoint.path
      .split("/")
      .filter((segment) => segment !== "" && !segment.includes("{"))
      .at(-1) ?? "";
  const tail = words(last.split(/[.:]/).pop() ?? "");
  const all = [...name, ...tail];
  if (all.some((word) => isOrderWord(word) || /^(?:add|set|reset|save|new|start|run)$/.test(word))) return undefined;
  const found = [name[0], tail[0], tail.at(-1), firstWord(summary)].find(
    (word) => word !== undefined && reading.has(word.replace(/(?<=[a-z]{4})s$/, "")),
  );
  return found ? `it is sent by POST, but "${found}" says that it only looks` : undefined;
}
