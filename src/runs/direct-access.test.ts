import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { scratchDatabase } from "../database/testing.ts";
import { canary } from "../gateway/testing.ts";
import { publish } from "../integrations/publish.ts";
import { e2bSandbox } from "../sandbox/e2b.ts";
import { type StandIn, openStandIn } from "../sandbox/testing/e2b-stand-in.ts";
import { canIsolate, canRunMachines } from "../sandbox/testing/machine.ts";
import { type World, deskOperations, openWorld } from "./testing.ts";

describe.skipIf(!canRunMachines)("a tool that is given its credential, for want of a gateway it can reach", () => {
  let standIn: StandIn;
  let database: Database;
  let world: World;
  beforeAll(async () => {
    standIn = await openStandIn();
    database = await scratchDatabase();
    world = await openWorld(database, {
      withoutGateway: () =>
        e2bSandbox({
          apiKey: new Secret(standIn.apiKey),
          apiUrl: standIn.url,
          sandboxUrl: standIn.url,
          template: standIn.template,
          installation: async () => "direct",
          gatewayAddress: () => undefined,
        }),
    });
    // Later requests find the sandbox and its tools there.
    await world.runs.shell(world.scope, { conversationId: world.conversationId, command: "desk --help" });
  });
  afterAll(async () => {
    await world?.close();
    await database?.close();
    await standIn?.close();
  });
  beforeEach(() => {
    world.service.seen.length = 0;
  });

  const shell = (command: string, onOutput?: (stream: "stdout" | "stderr", text: string) => void) =>
    world.runs.shell(world.scope, { conversationId: world.conversationId, command, ...(onOutput ? { onOutput } : {}) });

  it("asks the service itself, with the credential in its place, and opens the network to that host only", async () => {
    world.service.answers((_, response) => void response.end('[{"name":"House"}]'));
    const result = await shell("desk boards list | jq -r '.[].name'");
    expect(result).toMatchObject({ exitCode: 0, stdout: "House\n", stderr: "" });
    expect(world.service.seen).toMatchObject([{ method: "GET", url: "/boards" }]);
    expect(world.service.seen[0]?.headers["authorization"]).toBe(`Bearer ${canary}`);
    const updates = standIn.calls.filter(({ method, path }) => method === "PUT" && path.endsWith("/network"));
    expect(updates.map(({ body }) => body)).toEqual([{ allowOut: ["127.0.0.1"], denyOut: ["0.0.0.0/0"], rules: {} }]);
    expect(result.requests).toMatchObject([{ operation: "boards list", access: "read", host: world.service.host }]);
  });

  it.skipIf(!canIsolate)("keeps it from the shell around it", async () => {
    world.service.answers((_, response) => void setTimeout(() => response.end("[]"), 300));
    const looks = "desk boards list > /dev/null & sleep 0.2; env; set; cat /proc/*/environ /proc/*/cmdline; wait";
    const { stdout, stderr } = await shell(`${looks}; ls -R /run /app /tmp; cat /run/patchbay/*/*`);
    expect(stdout + stderr).not.toContain(canary);
    expect(stdout + stderr).not.toContain("[secret]");
    expect(world.service.seen).toHaveLength(1);
  });

  it("takes it out of what the service echoes, also in pieces, and keeps the rest", async () => {
    world.service.answers((request, response) => {
      response.end(JSON.stringify({ you: "sent", header: request.headers["authorization"], fine: "Zoë €" }));
    });
    const pieces: string[] = [];
    const { stdout } = await shell("desk boards list; desk boards list", (_, text) => pieces.push(text));
    expect(stdout).not.toContain(canary);
    expect(pieces.join("")).toBe(stdout);
    expect(stdout.match(/Bearer \[secret\]","fine":"Zoë €"/g)).toHaveLength(2);
  });

  it("asks a person before a write, shows the command, and runs it once after the yes", async () => {
    world.service.answers((_, response) => void response.end("{}"));
    const running = shell(`desk cards create --name "Buy milk"`);
    const approval = await world.question();
    expect(world.service.seen).toEqual([]);
    expect(approval).toMatchObject({
      operation: "cards create",
      access: "write",
      request: { method: "POST", path: "/cards", body: "desk cards create --name 'Buy milk'" },
    });
    await world.runs.approvals.answer(world.scope, approval.id, "yes");
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(world.service.seen).toMatchObject([{ method: "POST", url: "/cards", body: '{"name":"Buy milk"}' }]);
  });

  it("runs no write that was denied", async () => {
    const running = shell("desk cards delete --id 7; echo $?");
    const approval = await world.question();
    await world.runs.approvals.answer(world.scope, approval.id, "no");
    const result = await running;
    expect(result).toMatchObject({ stdout: "4\n", stderr: expect.stringContaining("write_denied") });
    expect(world.service.seen).toEqual([]);
  });

  it.each([
    ["a variable", `WHAT=delete; desk cards $WHAT --id 7`],
    ["a variable among the words", `ID=7; desk cards delete --id $ID`],
    ["the output of a command", `desk $(echo cards delete --id 7)`],
    ["eval", `eval "desk cards delete --id 7"`],
    ["another shell", `bash -c "desk cards delete --id 7"`],
    ["xargs", `echo cards delete --id 7 | xargs desk`],
    ["a script it wrote itself", `echo 'desk cards delete --id 7' > x.sh; bash x.sh`],
    ["braces", `desk {cards,delete} --id 7`],
    [
      "another name for the command",
      `cp "$(command -v desk)" /tmp/other 2>/dev/null; ln -sf "$(command -v desk)" /tmp/d; /tmp/d cards delete --id 7`,
    ],
    ["its whole path", `"$(command -v desk)" cards delete --id 7`],
  ])("refuses a write that comes about by %s", async (_, command) => {
    const result = await shell(`${command}; echo "ended with $?"`);
    expect(result.stdout).not.toContain("ended with 0");
    expect(world.service.seen).toEqual([]);
  });

  it("counts a yes once: what a loop sends more often is refused", async () => {
    world.service.answers((_, response) => void response.end("{}"));
    const running = shell("for i in 1 2 3; do desk cards create --name again; done");
    const approval = await world.question();
    await world.runs.approvals.answer(world.scope, approval.id, "yes");
    expect((await running).stderr).toContain("call_unchecked");
    expect(world.service.seen).toHaveLength(1);
  });

  it("lets a read have words that are only known when it runs", async () => {
    world.service.answers((_, response) => void response.end("[]"));
    expect(await shell(`N=3; desk boards list --limit $N`)).toMatchObject({ exitCode: 0, stdout: "[]\n" });
  });

  it("uses no sign-in for a host it was not given for", async () => {
    const versionId = await world.saveTool(deskOperations, ["elsewhere.example"]);
    await withinTenant(database, world.scope.tenantId, (tx) => publish(tx, world.scope, versionId));
    expect(await shell("desk boards list")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("sign_in_ended"),
    });
    expect(world.service.seen).toEqual([]);
  });
});
