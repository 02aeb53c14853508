import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { docsBudget, readDocs } from "../../src/builder/docs/read-docs.ts";
import { requestsIn } from "../../src/builder/docs/requests-in.ts";
import { sectionsOf } from "../../src/builder/docs/sections.ts";
import { fetchPage } from "../../src/builder/fetch-page.ts";
import { guardedFetch } from "../../src/gateway/guarded-fetch.ts";
import { hostPolicy } from "../../src/gateway/host-policy.ts";
import { kept } from "./docs/kept.ts";
import type { Bench, Row } from "./main.ts";

/** Debian packages of documentation, by the page one would begin with: what ten different makers of HTML put out. */
const sites = {
  "apache2-doc": "usr/share/doc/apache2-doc/manual/en/index.html",
  "barbican-doc": "usr/share/doc/barbican-doc/html/api/index.html",
  "ganeti-doc": "usr/share/doc/ganeti/html/index.html",
  "git-doc": "usr/share/doc/git-doc/index.html",
  "haproxy-doc": "usr/share/doc/haproxy/html/intro.html",
  "mopidy-doc": "usr/share/doc/mopidy/html/index.html",
  "nodejs-doc": "usr/share/doc/nodejs/api/index.html",
  "python-bottle-doc": "usr/share/doc/python-bottle-doc/html/index.html",
  "sqlite3-doc": "usr/share/doc/sqlite3/index.html",
  "swift-doc": "usr/share/doc/swift-doc/api-ref/index.html",
};

/**
 * Reads ten documentation sites as the agent does, within its own budget, from web pages on loopback: how long it takes, how
 * much smaller the text is than the HTML, and what is lost of headings, code and tables. The packages are downloaded by
 * `apt-get download` into a folder of its own and removed afterwards; nothing is installed.
 */
export const bench: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-docs-"));
  const rows: Row[] = [];
  const notes: string[] = [];
  try {
    for (const [name, start] of Object.entries(sites)) {
      const site = await unpacked(name, start, folder).catch((error: unknown) => String(error));
      if (typeof site === "string") notes.push(`${name} was not measured: ${site}`);
      else await measured(name, site, start, rows, notes);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (rows.length === 0)
    notes.push(
      "Nothing was measured: this bench needs Debian's or Ubuntu's apt-get and dpkg-deb, and a way to a mirror.",
    );
  return { title: "reading docs: time; text beside the HTML it came from", rows, notes };
};

const run = promisify(execFile);

/** The folder of a package's files; a sentence when it cannot be had. */
async function unpacked(name: string, start: string, folder: string): Promise<string | { root: string }> {
  const root = join(folder, name);
  try {
    await run("apt-get", ["-q", "download", name], { cwd: folder, timeout: 120_000 });
  } catch (error) {
    const said =
      typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr) : String(error);
    const line = said.split("\n").find((one) => one.startsWith("E:")) ?? said.split("\n")[0];
    return `it could not be downloaded (${(line ?? "").slice(0, 160)}).`;
  }
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`) && one.endsWith(".deb"));
  if (!file) return "apt-get left no file.";
  await run("dpkg-deb", ["-x", join(folder, file), root]);
  return existsSync(join(root, start)) ? { root } : `there is no ${start} in it.`;
}

async function measured(name: string, { root }: { root: string }, start: string, rows: Row[], notes: string[]) {
  const top = realpathSync(root);
  const server = createServer((request, response) => {
    const path = join(top, normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname)));
    // Links within a package lead to places it has, and to others on a system it is not installed on.
    const file = existsSync(path) ? realpathSync(path) : "";
    if (!file.startsWith(top) || extname(file) !== ".html") return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const fetch = guardedFetch(hostPolicy({ allowPrivateHosts: [host] }));
    const first = await fetchPage(fetch, `http://${host}/${start}`);
    const begun = performance.now();
    const { pages, report } = await readDocs(fetch, first, { budget: docsBudget });
    const sections = sectionsOf(pages);
    const ms = performance.now() - begun;
    rows.push({
      name: `${name}: ${report.pages} pages, ${(report.bytes / 1e6).toFixed(1)} MB`,
      value: ms,
      unit: "ms",
      ratio: report.characters / report.bytes,
    });
    const found = pages.map(({ url, markdown }) => {
      const html = readFileSync(join(top, decodeURIComponent(new URL(url).pathname)), "utf8");
      return kept(html, markdown);
    });
    const share = (of: "headings" | "code" | "tables") => {
      const all = found.reduce((sum, one) => sum + one[of].all, 0);
      const stays = found.reduce((sum, one) => sum + one[of].kept, 0);
      return all === 0 ? `no ${of}` : `${of} ${((100 * stays) / all).toFixed(1)} % of ${all}`;
    };
    const requests = sections.reduce((sum, one) => sum + requestsIn(one.text).length, 0);
    notes.push(
      `${name}: ${share("headings")}, ${share("code")}, ${share("tables")}; ${sections.length} sections, ${requests} requests named, ${report.dropped} near copies, ${report.left} pages left`,
    );
    const lost = new Map<string, number>();
    for (const heading of found.flatMap((one) => one.lostHeadings)) lost.set(heading, (lost.get(heading) ?? 0) + 1);
    const most = [...lost].toSorted((a, b) => b[1] - a[1]).slice(0, 4);
    if (most.length > 0)
      notes.push(`  headings that are gone: ${most.map(([text, times]) => `"${text}" ×${times}`).join(", ")}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
