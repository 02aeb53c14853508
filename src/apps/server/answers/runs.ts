import { accountNames, accountsNamed } from "../../../contract/account-name.ts";
import type { Approval } from "../../../contract/approval.ts";
import type { Connection } from "../../../contract/connection.ts";
import { isProblem, Problem } from "../../../contract/problem.ts";
import type { RunResult } from "../../../contract/procedures/runs.ts";
import type { Scope } from "../../../contract/scope.ts";
import type { House } from "../../assemble.ts";
import { told, type Answering } from "../answering.ts";
import { storyOf } from "../story.ts";

const done = { ok: true } as const;
type Asked = { type: "approval_asked"; approval: Approval };

export function runAnswers(os: Answering, house: House) {
  const { runs, library, connections, policies } = house;

  /** The account that is meant: by id, by label, or the default one. */
  const accountFor = async (scope: Scope, slug: string, account: string | undefined) => {
    const integration = await library.get(scope, { slug }).catch(async (error: unknown) => {
      if (!isProblem(error, "not_found")) throw error;
      const known = (await library.list(scope)).map((one) => one.slug);
      throw new Problem("not_found", { what: `integration "${slug.slice(0, 80)}"${there(known)}` });
    });
    const kept = (await connections.list(scope)).filter((one) => one.slug === slug);
    const all = kept.filter((one) => one.status !== "pending");
    const notConnected = (unproven: Connection | undefined) =>
      new Problem("not_connected", {
        integration: integration.name,
        ...(unproven ? { unproven: { id: unproven.id, slug } } : {}),
      });
    if (account !== undefined) {
      const [found, ...others] = accountsNamed(all, account);
      if (!found) {
        const [unproven] = accountsNamed(kept, account);
        if (unproven) throw notConnected(unproven);
        throw new Problem("not_found", { what: `account "${account.slice(0, 80)}"${there(accountNames(all))}` });
      }
      if (others.length > 0) {
        const which = accountNames([found, ...others]).join(", ");
        throw new Problem("input_invalid", {
          detail: `several accounts are called that; name one by its id: ${which}.`,
        });
      }
      return found.id;
    }
    const found = all.find((one) => one.isDefault) ?? all[0];
    if (!found) throw notConnected(kept[0]);
    return found.id;
  };

  const operation = async (
    scope: Scope,
    input: { slug: string; words: string[]; account?: string; stdin?: string },
    o: { signal: AbortSignal; onApproval: (approval: Approval) => void },
  ): Promise<RunResult> => {
    const { runId, stdout, stderr, exitCode, truncated } = await runs.operation(scope, {
      connectionId: await accountFor(scope, input.slug, input.account),
      argv: input.words,
      ...(input.stdin === undefined ? {} : { stdin: input.stdin }),
      ...o,
    });
    return { runId, stdout, stderr, exitCode, ...(truncated === undefined ? {} : { truncated }) };
  };

  return {
    runs: {
      operation: os.runs.operation.handler(async ({ context, input, signal }) => {
        const gaveUp = new AbortController();
        const waiting = Promise.withResolvers<Approval>();
        const running = operation(context.caller, input, {
          signal: signal ? AbortSignal.any([signal, gaveUp.signal]) : gaveUp.signal,
          onApproval: (approval) => setTimeout(() => waiting.resolve(approval), input.waitSeconds * 1000).unref(),
        });
        const first = await Promise.race([
          running.then((result) => ({ result })),
          waiting.promise.then((approval) => ({ approval })),
        ]);
        if ("result" in first) return first.result;
        gaveUp.abort();
        await running.catch(() => undefined); // it was ended by us; the question stays open
        return { waiting: first.approval, next: nextAfter(first.approval.id) };
      }),

      watch: os.runs.watch.handler(({ context, input, signal }) =>
        told(
          context,
          storyOf<Asked, RunResult>((tell, ended) =>
            operation(context.caller, input, {
              signal: signal ? AbortSignal.any([signal, ended]) : ended,
              onApproval: (approval) => tell({ type: "approval_asked", approval }),
            }),
          ),
        ),
      ),
    },

    approvals: {
      list: os.approvals.list.handler(({ context, input }) => runs.approvals.list(context.caller, input)),
      answer: os.approvals.answer.handler(({ context, input }) =>
        runs.approvals.answer(context.caller, input.id, input.answer),
      ),
    },

    policies: {
      list: os.policies.list.handler(({ context }) => policies.list(context.caller)),
      add: os.policies.add.handler(({ context, input }) => policies.add(context.caller, input)),
      remove: os.policies.remove.handler(async ({ context, input }) => {
        await policies.remove(context.caller, input.id);
        return done;
      }),
    },
  };
}

/** What a caller does with a question: answering alone runs nothing. */
const nextAfter = (id: string) =>
  `Nothing was sent yet. Answer with POST /api/approvals/${id}/answer and {"answer":"yes"}, then send this same call again: that runs it.`;

/** What could have been meant. */
function there(known: string[]): string {
  const [shown, more] = [known.slice(0, 10), known.length - 10];
  if (shown.length === 0) return "; there is none yet";
  return `; there ${known.length === 1 ? "is" : "are"} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
