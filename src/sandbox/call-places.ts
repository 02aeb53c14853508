/** One call that has a place; `waiting` is set as soon as it is known. */
export type Place = { waiting?: (() => boolean) | undefined };

type Waiter = { holder: object; enter: () => void };

const lookAgainMs = 100;

/**
 * Lets only so many tool calls run at once, for each is a process: `each` for one holder (a conversation), `all` for
 * everybody together. Further calls wait for a place. A call that waits for a person keeps its place with its holder
 * only: else a few forgotten questions would stop everybody.
 */
export class CallPlaces {
  readonly #limits: { all: number; each: number };
  readonly #taken = new Map<object, Set<Place>>();
  readonly #queue: Waiter[] = [];
  #looking: NodeJS.Timeout | undefined;

  constructor(limits: { all: number; each: number }) {
    this.#limits = limits;
  }

  /** Does the work in a place; undefined when the signal came first. */
  async within<Result>(
    holder: object,
    signal: AbortSignal,
    work: (place: Place) => Promise<Result>,
  ): Promise<Result | undefined> {
    const place: Place = {};
    await this.#enter(holder, place, signal);
    try {
      return signal.aborted ? undefined : await work(place);
    } finally {
      this.#leave(holder, place);
    }
  }

  async #enter(holder: object, place: Place, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const take = () => this.#taken.set(holder, (this.#taken.get(holder) ?? new Set()).add(place));
    // Who waits already comes first, but for those whose own holder has no place left.
    if (this.#queue.length === 0 && this.#isFree(holder)) return void take();
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        holder,
        enter: () => {
          signal.removeEventListener("abort", giveUp);
          take();
          resolve();
        },
      };
      const giveUp = () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        resolve();
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#queue.push(waiter);
      this.#next();
    });
  }

  #leave(holder: object, place: Place): void {
    const taken = this.#taken.get(holder);
    taken?.delete(place);
    if (taken?.size === 0) this.#taken.delete(holder);
    this.#next();
  }

  #isFree(holder: object): boolean {
    if ((this.#taken.get(holder)?.size ?? 0) >= this.#limits.each) return false;
    let working = 0;
    for (const taken of this.#taken.values()) for (const { waiting } of taken) if (!waiting?.()) working += 1;
    return working < this.#limits.all;
  }

  /** The one who has waited longest among the holders with fewest places. */
  #next(): void {
    for (;;) {
      const free = this.#queue.filter(({ holder }) => this.#isFree(holder));
      const places = ({ holder }: Waiter) => this.#taken.get(holder)?.size ?? 0;
      const fewest = Math.min(...free.map(places));
      const next = free.find((waiter) => places(waiter) === fewest);
      if (!next) break;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      next.enter();
    }
    clearTimeout(this.#looking);
    // Nobody tells when a person begins to be asked.
    if (this.#queue.length > 0) this.#looking = setTimeout(() => this.#next(), lookAgainMs).unref();
  }
}
