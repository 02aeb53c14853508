import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConversationFiles } from "./conversation-files.ts";
import { namedFiles } from "./named-files.ts";

let files: ConversationFiles;
beforeAll(async () => {
  files = await ConversationFiles.open(undefined);
  for (const name of ["a.txt", "b c.txt", "sub/d.txt", "file", "x"]) await files.write(name, Buffer.from(`in ${name}`));
});
afterAll(() => files.close());

const read = async (argv: string[], path: string, cwd = "/home/user") =>
  Buffer.from(await namedFiles(argv, cwd, files).read(path)).toString();

describe("a tool reads", () => {
  it.each([
    ["a word", ["files", "upload", "a.txt"], "a.txt"],
    ["a flag's value", ["files", "upload", "--file", "b c.txt"], "b c.txt"],
    ["a flag's value after =", ["files", "upload", "--file=a.txt"], "a.txt"],
    ["an @ value", ["cards", "create", "--input", "@sub/d.txt"], "sub/d.txt"],
    ["an @ value after =", ["cards", "create", "--input=@sub/d.txt"], "sub/d.txt"],
    ["one of a list", ["files", "upload", "--files", "a.txt,b c.txt"], "b c.txt"],
    ["a $file in JSON", ["files", "upload", "--input", '{"photo":{"$file":"b c.txt"}}'], "b c.txt"],
  ])("%s", async (_name, argv, path) => {
    expect(await read(argv, path)).toBe(`in ${path}`);
  });

  it("from the folder the script is in", async () => {
    expect(await read(["upload", "d.txt"], "d.txt", "/home/user/sub")).toBe("in sub/d.txt");
  });
});

describe("a tool does not read", () => {
  it.each([
    ["what the command does not name", ["files", "list"], "a.txt"],
    ["another spelling of what it names", ["files", "upload", "a.txt"], "./a.txt"],
    ["an absolute path to what it names", ["files", "upload", "b.txt"], "/home/user/a.txt"],
    ["the name of a flag", ["files", "upload", "--file"], "file"],
    ["the tail of a word", ["files", "upload", "/data/x"], "x"],
    ["what stands after = in a word that is no flag", ["files", "search", "name=x"], "x"],
    ["nothing", ["files", "upload", ""], ""],
  ])("%s", async (_name, argv, path) => {
    await expect(read(argv, path)).rejects.toThrow("EACCES");
  });

  it("a file of the machine, even when it is named", async () => {
    await expect(read(["files", "upload", "/etc/passwd"], "/etc/passwd")).rejects.toThrow("ENOENT");
    await expect(read(["files", "upload", "../../etc/passwd"], "../../etc/passwd")).rejects.toThrow("ENOENT");
  });
});
