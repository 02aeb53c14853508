import type { DocsReport } from "../../contract/docs.ts";
import type { ProtectedResource } from "../protected-resource.ts";
import { isSamePath, requestsIn } from "./requests-in.ts";
import { type Section, type Topic, topicOf } from "./sections.ts";

/** What a model is told of a docs set first: an index with the requests each section names, then what every tool needs. */
export function overviewOf(sections: Section[], metadata?: ProtectedResource): string {
  const lines: string[] = [];
  let left = indexCharacters;
  for (const section of sections) {
    const line = indexLine(section);
    if ((left -= line.length) < 0) break;
    lines.push(line);
  }
  const more = sections.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more sections, found by words`);
  return [
    "Sections (number, page, heading, requests named):",
    ...lines,
    ...(metadata ? ["", "The API says of itself (RFC 9728):", JSON.stringify(metadata)] : []),
    ...basics(sections).map((section) => `\n${shownSection(section, mostOfBasics)}`),
  ].join("\n");
}

/** How the reading went, in one or two sentences. */
export function readingTold(report: DocsReport, sections: number): string {
  const kilo = (size: number) => `${Math.round(size / 1000)} kB`;
  const drawn = report.drawnByScript.filter(({ used }) => used === "nothing");
  const repository = report.drawnByScript.find((one) => one.repository)?.repository;
  return [
    `${report.pages} page${report.pages === 1 ? "" : "s"} read in ${(report.ms / 1000).toFixed(1)} s: ${kilo(report.bytes)}, ${kilo(report.characters)} of text in ${sections} sections.`,
    report.dropped > 0 ? `${report.dropped} said what another had said and were left out.` : "",
    report.stopped ? `${report.left} more are known; the reading ended at its budget of ${report.stopped}.` : "",
    report.drawnByScript.length > drawn.length
      ? "Some pages are drawn by a script; the data it begins with was read."
      : "",
    drawn.length > 0
      ? `${drawn.length} page${drawn.length === 1 ? " is" : "s are"} drawn by a script in the browser and could not be read${repository ? `; their source may be at ${repository}` : ""}.`
      : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** A section as it is handed over: where it stands, then its text. */
export function shownSection({ number, url, title, heading, text }: Section, most = Infinity): string {
  const cut = text.length > most ? `${text.slice(0, most).toWellFormed()}\n… (section ${number} goes on)` : text;
  return `[${number}] ${title === heading ? title : `${title} › ${heading}`} (${url})\n${cut}`;
}

const indexCharacters = 9_000;
const mostOfBasics = 3_000;
const basicsCharacters = 9_000;

function indexLine(section: Section): string {
  const { number, title, heading } = section;
  const name = title === heading ? title : `${title} › ${heading}`;
  const topic = topicOf(section);
  const named = requestsIn(section.text).map(({ method, path }) => ({ method, path }));
  // The same request again with the base before it, or with an example in place of a blank, says nothing new.
  const own = named.filter(
    (one, index) =>
      !named.some((other, at) => {
        if (other === one || other.method !== one.method) return false;
        if (one.path !== other.path && one.path.endsWith(other.path) && other.path !== "/") return true;
        return at < index && isSamePath(one.path, { base: one.path.replace(/\/[^/]*$/, ""), path: other.path });
      }),
  );
  const requests = own.slice(0, 14).map(({ method, path }) => `${method} ${path.slice(0, 90)}`);
  const rest = own.length > requests.length ? `, +${own.length - requests.length}` : "";
  return `${number} ${name.slice(0, 90)}${topic ? ` [${topic}]` : ""}${requests.length > 0 ? `: ${requests.join(", ")}${rest}` : ""}`;
}

/** One or two sections of each topic every tool needs, within a size. */
function basics(sections: Section[]): Section[] {
  const wanted: [Topic, number][] = [
    ["sign-in", 3],
    ["base", 1],
    ["pagination", 1],
    ["errors", 1],
    ["limits", 1],
  ];
  const chosen: Section[] = [];
  let left = basicsCharacters;
  // A page that names no request at all (a wire protocol, a FAQ) has its own sign-in and limits, unless it is about the matter.
  const ofRequests = new Set(sections.filter((one) => requestsIn(one.text).length > 0).map(({ url }) => url));
  const isOfUse = (one: Section) => ofRequests.size === 0 || ofRequests.has(one.url) || mainness(one) >= 2;
  for (const [topic, most] of wanted) {
    const fitting = sections.filter((one) => topicOf(one) === topic && isOfUse(one));
    for (const section of fitting.toSorted((a, b) => mainness(b) - mainness(a)).slice(0, most)) {
      const size = Math.min(section.text.length, mostOfBasics);
      if (size > left) continue;
      left -= size;
      chosen.push(section);
    }
  }
  return chosen;
}

/** A page about the matter goes before a part of a page on another. */
function mainness({ title, heading }: Section): number {
  const of = (name: string) => topicOf({ number: 0, url: "", title: name, heading: name, text: "" });
  return (of(title) === undefined ? 0 : 2) + (of(heading.split(" › ").at(-1) ?? "") === undefined ? 0 : 1);
}
