import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type BreakableLine = { url: string; fallSilent(): void; close(): Promise<void> };

/**
 * A way to a server on this machine that can fall silent, as a router does that forgets a connection: what is open then stays
 * open and carries nothing any more; what is opened later works.
 */
export async function breakableLine(to: string): Promise<BreakableLine> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(to).port), "localhost");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => open.delete(one));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    fallSilent() {
      for (const socket of open) socket.unpipe().pause();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
