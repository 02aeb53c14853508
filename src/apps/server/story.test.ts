import { expect, it } from "vitest";
import { storyOf } from "./story.ts";

it("tells what happened in order, then the result", async () => {
  const told: number[] = [];
  const story = storyOf<number, string>(async (tell) => {
    tell(1);
    await Promise.resolve();
    tell(2);
    tell(3);
    return "done";
  });
  let next = await story.next();
  for (; !next.done; next = await story.next()) told.push(next.value);
  expect(told).toEqual([1, 2, 3]);
  expect(next.value).toBe("done");
});

it("throws what the work throws, after what it had told", async () => {
  const story = storyOf<number, never>(async (tell) => {
    tell(1);
    throw new Error("broken");
  });
  expect(await story.next()).toEqual({ done: false, value: 1 });
  await expect(story.next()).rejects.toThrow("broken");
});

it("ends the work when the reader goes away", async () => {
  let ended = false;
  const story = storyOf<number, void>(async (tell, signal) => {
    signal.addEventListener("abort", () => (ended = true));
    tell(1);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  for await (const one of story) {
    expect(one).toBe(1);
    break;
  }
  expect(ended).toBe(true);
});
