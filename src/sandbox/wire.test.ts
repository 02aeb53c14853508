import { expect, it } from "vitest";
import { encode, reader } from "./wire.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function read(stream: Uint8Array, pieceSize: number) {
  const push = reader(1000);
  const all: { message?: string; plain?: string }[] = [];
  for (let start = 0; start < stream.length; start += pieceSize) {
    for (const part of push(stream.subarray(start, start + pieceSize))) {
      if ("message" in part) all.push({ message: part.message });
      else if (all.at(-1)?.plain !== undefined) all.at(-1)!.plain += new TextDecoder().decode(part.plain);
      else all.push({ plain: new TextDecoder().decode(part.plain) });
    }
  }
  return all;
}

it.each([1, 2, 7, 1000])(
  "tells messages from plain output when the stream comes in pieces of %i bytes",
  (pieceSize) => {
    const stream = new Uint8Array([
      ...bytes("before "),
      ...encode({ type: "out", data: "aGk=" }),
      ...bytes("between\nand after"),
      ...encode({ type: "ready" }),
    ]);
    expect(read(stream, pieceSize)).toEqual([
      { plain: "before " },
      { message: '{"type":"out","data":"aGk="}' },
      { plain: "between\nand after" },
      { message: '{"type":"ready"}' },
    ]);
  },
);

it("keeps a character whole that two pieces share", () => {
  expect(read(encode({ type: "read", id: 1, path: "/home/user/Straße-€.txt" }), 1)).toEqual([
    { message: '{"type":"read","id":1,"path":"/home/user/Straße-€.txt"}' },
  ]);
});

it("gives up on a message that never ends", () => {
  const push = reader(1000);
  expect(() => push(bytes(`\u001e${"x".repeat(1001)}`))).toThrow(RangeError);
});

it("lets plain output be as long as it likes", () => {
  expect(reader(10)(bytes("x".repeat(1000)))).toHaveLength(1);
});
