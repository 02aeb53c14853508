import { expect, it } from "vitest";
import { busyBoardId, limitRates } from "./rate-limit.ts";
import { Refusal } from "./refusal.ts";

function limited() {
  let at = 0;
  const limit = limitRates(() => at);
  const take = (person = "ana", board?: string) => {
    try {
      limit.take(person, board);
      return "ok";
    } catch (error) {
      return error instanceof Refusal ? `${error.status} ${error.headers["Retry-After"]}` : error;
    }
  };
  return { take, pass: (milliseconds: number) => void (at += milliseconds) };
}
const times = (count: number, work: () => unknown) => Array.from({ length: count }, work);

it("lets a thousand requests through at once, then asks to wait, for each person alone", () => {
  const { take, pass } = limited();
  expect(new Set(times(1_000, () => take()))).toEqual(new Set(["ok"]));
  expect(take()).toBe("429 1");
  expect(take("ben")).toBe("ok");
  pass(1_000);
  expect(times(201, () => take()).filter((answer) => answer === "ok")).toHaveLength(200);
});

it("keeps the busy board busy until the wait is over, answers once, and is busy again", () => {
  const { take, pass } = limited();
  const ask = () => take("ana", busyBoardId);
  expect(ask()).toBe("429 1");
  pass(999);
  expect(ask()).toBe("429 1");
  pass(1);
  expect(ask()).toBe("ok");
  expect(ask()).toBe("429 1");
  expect(take("ana", "brd_kitchen")).toBe("ok");
});
