import { html } from "hono/html";

/**
 * The few pages the server writes itself: those a person without a session meets, and where a service's sign-in comes back to.
 * They need no script to be read; `html` escapes what is put into it.
 */
export function signInPage(o: { problem?: string; link?: string }) {
  return page(
    "Sign in",
    html`<h1>Sign in to Patchbay</h1>
      ${o.problem ? html`<p class="problem" role="alert">${o.problem.replaceAll("`", "")}</p>` : ""}
      ${
        o.link
          ? html`<p>This browser came here from another site. If you opened the link yourself, go on.</p>`
          : html`<p>
                Open the one-time link that was printed when Patchbay started. For a new one, type this where Patchbay
                runs:
              </p>
              <pre><code>npm run patchbay -- link</code></pre>`
      }
      <form method="post" action="/sign-in">
        ${
          o.link
            ? html`<input type="hidden" name="link" value="${o.link}" />`
            : html`<label for="link">Or paste the link here</label>
                <input id="link" name="link" type="password" autocomplete="off" spellcheck="false" required />`
        }
        <button type="submit">Sign in</button>
      </form>`,
  );
}

/** Shown in the window in which somebody signed in at a service. Its script tells the other windows and closes this one. */
export function signedInPage(o: { integration: string; account: string; ok: true } | { message: string; ok: false }) {
  return page(
    o.ok ? "Connected" : "Not connected",
    o.ok
      ? html`<p class="jack" aria-hidden="true">◉</p>
          <h1>${o.integration} is connected</h1>
          <p>As <strong>${o.account}</strong>. You can close this window.</p>
          <p><a class="on" href="/">Go to Patchbay</a></p>`
      : html`<p class="jack" aria-hidden="true">◎</p>
          <h1>Not connected</h1>
          <p class="problem" role="alert">${o.message}</p>
          <p><a class="on" href="/">Back to Patchbay</a></p>`,
    { head: html`<script type="module" src="/signed-in.js"></script>` },
  );
}

export function problemPage(title: string, message: string) {
  return page(
    title,
    html`<h1>${title}</h1>
      <p class="problem" role="alert">${message}</p>
      <p><a class="on" href="/">Back to Patchbay</a></p>`,
  );
}

/** `narrow`: a sheet with a few words. `wide`: a page to read. */
export function page(
  title: string,
  body: unknown,
  { kind = "narrow", head = "" }: { kind?: "narrow" | "wide"; head?: unknown } = {},
) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Patchbay</title>
        <link rel="preload" href="/source-sans-3-latin-wght-normal.woff2" as="font" type="font/woff2" crossorigin />
        <link rel="stylesheet" href="/plain.css" />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        ${head}
      </head>
      <body class="${kind}">
        <header><img src="/icon.svg" alt="" width="28" height="28" /> Patchbay</header>
        <main>${body}</main>
      </body>
    </html>`;
}
