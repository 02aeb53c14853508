import { page } from "../pages.ts";
import { attachments } from "./attachments.ts";
import { authentication } from "./authentication.ts";
import { boards } from "./boards.ts";
import { cards } from "./cards.ts";
import { comments } from "./comments.ts";
import { errors } from "./errors.ts";
import { introduction } from "./introduction.ts";
import { lists } from "./lists.ts";
import { pagination } from "./pagination.ts";
import { search } from "./search.ts";
import type { ManualPage } from "./write.ts";

/** The manual, in reading order. It is written by hand, as services write theirs; a test holds it against the API. */
export const manual: readonly ManualPage[] = [
  introduction,
  authentication,
  boards,
  lists,
  cards,
  comments,
  attachments,
  search,
  pagination,
  errors,
];

export const manualAddress = ({ slug }: ManualPage) => (slug === "" ? "/docs" : `/docs/${slug}`);

/** One page of the manual with its navigation. `url` is the address of the service. */
export function manualPage(entry: ManualPage, url: string): string {
  const links = manual.map(
    (other) =>
      `<li><a href="${manualAddress(other)}"${other === entry ? ' aria-current="page"' : ""}>${other.title}</a></li>`,
  );
  const at = manual.indexOf(entry);
  const [before, after] = [manual[at - 1], manual[at + 1]];
  const neighbours = [
    before ? `<a rel="prev" href="${manualAddress(before)}">${before.title}</a>` : "<span></span>",
    after ? `<a rel="next" href="${manualAddress(after)}">${after.title}</a>` : "<span></span>",
  ];
  return page(
    entry.title,
    `<div class="manual">
<nav aria-label="Manual"><p class="service"><a href="/">Practice Boards</a></p><ul>${links.join("\n")}</ul></nav>
<main><h1>${entry.title}</h1>
${entry.body(url)}
<div class="next">${neighbours.join("")}</div>
</main>
</div>`,
  );
}
