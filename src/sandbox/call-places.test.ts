import { expect, it } from "vitest";
import { CallPlaces, type Place } from "./call-places.ts";

const never = new AbortController().signal;

/** Calls that go on until they are told to end, by the name of their holder. */
function calls(places: CallPlaces) {
  const holders = new Map<string, object>();
  const running: { name: string; end: () => void; place: Place }[] = [];
  return {
    running,
    names: () => running.map(({ name }) => name).join(" "),
    begin(name: string, signal = never) {
      const holder = holders.get(name) ?? {};
      holders.set(name, holder);
      return places.within(holder, signal, async (place) => {
        await new Promise<void>((resolve) => running.push({ name, end: resolve, place }));
        return "done";
      });
    },
    async end() {
      running.shift()?.end();
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it("lets one holder run only so many at once, and the others after them", async () => {
  const { begin, names, end } = calls(new CallPlaces({ all: 9, each: 2 }));
  const all = [begin("a"), begin("a"), begin("a"), begin("a"), begin("b")];
  await settled();
  expect(names()).toBe("a a b");
  await end();
  expect(names()).toBe("a b a");
  for (let left = 0; left < 5; left += 1) await end();
  expect(await Promise.all(all)).toEqual(["done", "done", "done", "done", "done"]);
});

it("gives the next place to who has fewest, not to who asked most", async () => {
  const { begin, names, end } = calls(new CallPlaces({ all: 2, each: 2 }));
  for (const name of ["a", "a", "a", "a", "b"]) void begin(name);
  await settled();
  expect(names()).toBe("a a");
  await end();
  expect(names()).toBe("a b");
});

it("keeps nobody else from a place while a call waits for a person", async () => {
  const { begin, names, running } = calls(new CallPlaces({ all: 1, each: 2 }));
  void begin("a");
  await settled();
  void begin("b");
  await settled();
  expect(names()).toBe("a");
  for (const { place } of running) place.waiting = () => true;
  await expect.poll(names).toBe("a b");
});

it("forgets a call that was cancelled while it waited", async () => {
  const { begin, names, end } = calls(new CallPlaces({ all: 1, each: 1 }));
  void begin("a");
  await settled();
  const cancelled = new AbortController();
  const given = begin("a", cancelled.signal);
  void begin("b");
  cancelled.abort();
  expect(await given).toBeUndefined();
  await end();
  expect(names()).toBe("b");
});
