import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { readHost } from "../../gateway/host.ts";
import { cleanSvg } from "./icons/clean-svg.ts";
import { imageType, isTooManyPixels } from "./icons/image-type.ts";

export type Icon = { bytes: Uint8Array<ArrayBuffer>; type: string };

type Needs = {
  fetch: GuardedFetch;
  /** True for hosts on one's own networks, which only an integration of that very host may show an icon from. */
  isPrivate: (host: string) => boolean;
  folder: string;
  now?: () => number;
};

/** Where this server gives the icon of an integration. Changes with the icon, so that browsers may keep what they have. */
export function iconAddress({ slug, iconUrl }: { slug: string; iconUrl?: string }): string | undefined {
  return iconUrl === undefined ? undefined : `/icons/${slug}?v=${hashOf(iconUrl).slice(0, 8)}`;
}

/**
 * Icons of services, fetched through the guarded fetch and kept on disk for a week: the page loads nothing from another host,
 * and no service learns who looks at it. Only images come out: a raster by its first bytes, whatever its name says, or an SVG
 * written anew from what is harmless of it. Where there is none the answer is undefined, and the page draws a monogram.
 */
export function createIcons({ fetch, isPrivate, folder, now = Date.now }: Needs) {
  const failedUntil = new Map<string, number>();
  const underWay = new Map<string, Promise<Icon | undefined>>();

  const mayShow = (host: string, hosts: readonly string[]) => !isPrivate(host) || hosts.includes(host);

  async function load(url: string, hosts: readonly string[]): Promise<Icon | undefined> {
    const file = join(folder, hashOf(url));
    const kept = await readKept(file);
    if (kept && now() - kept.keptAt < keptMs) return kept.icon;
    if ((failedUntil.get(url) ?? 0) > now()) return kept?.icon;
    try {
      const answer = await fetch(url, {
        headers: { accept: "image/png, image/webp, image/jpeg, image/gif, image/x-icon, image/svg+xml" },
        maxBytes: 300_000,
        timeoutMs: 8000,
        allowHosts: (host) => mayShow(host, hosts),
      });
      const icon = answer.ok ? readIcon(new Uint8Array(await answer.arrayBuffer())) : undefined;
      if (!icon) throw new Error("no image came");
      await keep(file, icon);
      return icon;
    } catch {
      // What went wrong is the service's affair; it is asked again later, not with every look at the page.
      if (failedUntil.size > 2000) failedUntil.clear();
      failedUntil.set(url, now() + askAgainMs);
      return kept?.icon;
    }
  }

  async function keep(file: string, icon: Icon): Promise<void> {
    await mkdir(folder, { recursive: true });
    const half = `${file}.${process.pid}`;
    await writeFile(half, icon.bytes);
    await rename(half, file);
  }

  return {
    /** `hosts`: those the integration declares. */
    get({ iconUrl, hosts }: { iconUrl?: string; hosts: readonly string[] }): Promise<Icon | undefined> {
      // Asked before what is kept is looked at: that may have been fetched for an integration which may show it.
      const host = iconUrl === undefined ? undefined : hostOf(iconUrl);
      if (iconUrl === undefined || host === undefined || !mayShow(host, hosts)) return Promise.resolve(undefined);
      const known = underWay.get(iconUrl);
      if (known) return known;
      const loading = load(iconUrl, hosts).finally(() => underWay.delete(iconUrl));
      underWay.set(iconUrl, loading);
      return loading;
    },
  };
}

const keptMs = 7 * 24 * 3_600_000;
const askAgainMs = 10 * 60_000;

/** What a stranger sent as an icon, as far as it is one; undefined otherwise. */
export function readIcon(bytes: Uint8Array<ArrayBuffer>): Icon | undefined {
  const type = imageType(bytes);
  if (type !== undefined) return isTooManyPixels(bytes, type) ? undefined : { bytes, type };
  const svg = cleanSvg(new TextDecoder().decode(bytes));
  return svg === undefined ? undefined : { bytes: new TextEncoder().encode(svg), type: "image/svg+xml" };
}

async function readKept(file: string): Promise<{ icon: Icon; keptAt: number } | undefined> {
  try {
    const icon = readIcon(new Uint8Array(await readFile(file)));
    return icon && { icon, keptAt: (await stat(file)).mtimeMs };
  } catch {
    return undefined; // not kept yet
  }
}

/** As declared hosts are written; undefined for what is no plain address. */
function hostOf(url: string): string | undefined {
  try {
    return readHost(new URL(url).host).text;
  } catch {
    return undefined;
  }
}

function hashOf(url: string): string {
  return createHash("sha256").update(url).digest("hex");
}
