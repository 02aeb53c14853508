import type { Api } from "../../contract/procedures.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { printable, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** `patchbay community [what] [slug or on|off]`: sharing, offers, and the community's catalogue. */
export async function community(
  api: Api,
  terminal: Pick<Terminal, "write">,
  what: string,
  rest: string[],
): Promise<void> {
  const line = (text: string) => terminal.write(`${text}\n`);
  const [first, second] = rest;
  const slugOf = () => {
    if (!first) throw new CommandFailure(`Which integration? patchbay community ${what} trello`, exitCodes.usage);
    return first;
  };
  switch (what) {
    case "status": {
      const { repository, sharing, offers, registry } = await api.community.get();
      if (!repository)
        return line("This server has no community repository: set COMMUNITY_REPO, as env.example shows.");
      line(
        `${repository.name}  sharing: ${sharing === "ask" ? "not decided (patchbay community share on | off)" : sharing}`,
      );
      if (registry)
        line(
          style.soft(
            `  catalogue of commit ${registry.commit.slice(0, 10)}, pulled ${registry.pulledAt.toISOString()}`,
          ),
        );
      for (const one of offers) {
        line(
          `  ${one.slug.padEnd(20)} ${one.status.replaceAll("_", " ")}${one.pullRequest ? `  ${one.pullRequest.url}` : ""}`,
        );
        for (const reason of one.reasons) line(style.soft(`    ${printable(reason)}`));
        if (one.words)
          line(
            one.words
              .split("\n")
              .map((words) => `    │ ${printable(words)}`)
              .join("\n"),
          );
      }
      return;
    }
    case "share": {
      const said = rest.at(-1);
      const slug = second === undefined ? undefined : slugOf();
      if (slug !== undefined && said === "as-for-all") {
        await api.community.setSharing({ sharing: null, slug });
        const { sharing } = await api.community.get();
        return line(`${slug} is shared or not as all are: ${sharing === "ask" ? "not decided" : sharing}.`);
      }
      if (said !== "on" && said !== "off")
        throw new CommandFailure(
          "Say on or off: patchbay community share on; for one: patchbay community share trello on | off | as-for-all",
          exitCodes.usage,
        );
      await api.community.setSharing({ sharing: said, ...(slug === undefined ? {} : { slug }) });
      if (slug !== undefined) return line(said === "on" ? `${slug} is offered.` : `${slug} is kept private.`);
      return line(said === "on" ? "Tools that work are offered." : "Nothing is offered.");
    }
    case "offer": {
      const offer = await api.community.offer({ slug: slugOf() });
      return line(
        `${offer.slug}: ${offer.status.replaceAll("_", " ")}${offer.pullRequest ? `  ${offer.pullRequest.url}` : ""}`,
      );
    }
    case "pull": {
      const { commit, isNew } = await api.community.pull();
      return line(`${isNew ? "Taken over" : "Nothing new since"} ${commit.slice(0, 10)}.`);
    }
    case "news": {
      const news = await api.community.news();
      if (news.length === 0) line("Nothing new.");
      for (const one of news) {
        line(
          `${one.slug.padEnd(20)} ${one.change}, ${one.here}${one.added.length > 0 ? `: ${one.added.length} more operations` : ""}`,
        );
        if (one.hosts.length > 0) line(`  new hosts: ${one.hosts.map(printable).join(", ")}`);
      }
      return;
    }
    case "install": {
      const slug = slugOf();
      const { version } = await api.community.install({ slug });
      return line(`${slug} is at version ${version}. What it could not do before asks first.`);
    }
    case "rollback": {
      const { commit } = await api.community.rollback();
      return line(
        `The catalogue is ${commit ? `that of ${commit.slice(0, 10)}` : "what came with this Patchbay"} again.`,
      );
    }
    default:
      throw new CommandFailure(
        "patchbay community status | share [SLUG] on|off | offer SLUG | pull | news | install SLUG | rollback",
        exitCodes.usage,
      );
  }
}
