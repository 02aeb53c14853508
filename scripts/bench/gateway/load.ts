/** Asks one address over a number of connections, each sending its next request when the last is answered. */
import { type Socket, connect } from "node:net";

type Task = { port: number; path: string; token?: string; connections: number; ms: number };

process.on("message", async (task: Task) => {
  const times: number[] = [];
  const started = performance.now();
  await Promise.all(Array.from({ length: task.connections }, () => run(task, started + task.ms, times)));
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  process.send?.({ perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) });
});
process.send?.({ port: 0, path: "" });

function run(task: Task, until: number, times: number[]): Promise<void> {
  const authorization = task.token === undefined ? "" : `authorization: Bearer ${task.token}\r\n`;
  let page = 9;
  const request = () =>
    `GET ${task.path}?page=${(page = page === 99 ? 10 : page + 1)} HTTP/1.1\r\nhost: 127.0.0.1:${task.port}\r\naccept: application/json\r\n${authorization}\r\n`;
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(task.port, "127.0.0.1", ask);
    socket.setNoDelay(true);
    let sentAt = 0;
    let whole = 0; // bytes of an answer; all are alike
    let got = 0;
    let head = "";
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`port ${task.port} closed a connection in the middle`)));
    socket.on("data", (chunk) => {
      got += chunk.length;
      if (whole === 0) {
        head += chunk.toString("latin1");
        whole = lengthOf(head);
      }
      if (whole === 0 || got < whole) return;
      got = 0;
      const now = performance.now();
      times.push(now - sentAt);
      if (now < until) ask();
      else socket.end(resolve);
    });
    function ask() {
      sentAt = performance.now();
      socket.write(request());
    }
  });
}

function lengthOf(text: string): number {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return 0;
  if (!text.startsWith("HTTP/1.1 200")) throw new Error(`not an answer: ${text.slice(0, 200)}`);
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  if (length !== undefined) return end + 4 + Number(length);
  const last = text.indexOf("\r\n0\r\n\r\n", end);
  return last === -1 ? 0 : last + 7;
}
