/** Pages of the practice service: plain HTML, one stylesheet, no script. */

export const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export const escapeHtml = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** A page with one narrow column: sign-in, keys, errors. `body` is HTML. */
export function narrowPage(title: string, body: string): string {
  return page(
    title,
    `<main class="card"><p class="service">Practice Boards</p><h1>${escapeHtml(title)}</h1>${body}</main>`,
  );
}

export const errorPage = (title: string, message: string) =>
  narrowPage(title, `<p>${escapeHtml(message)}</p><p>Go back to the program that sent you here and start again.</p>`);

/** A whole page around `body`, which is HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Practice Boards</title>
<link rel="stylesheet" href="/practice.css">
</head>
<body>
${body}
</body>
</html>
`;
}

export const stylesheet = `
:root { color-scheme: light dark; --paper: #f7f4ee; --sheet: #fffdf9; --ink: #26231f; --soft: #625c53; --line: #d8d1c4; --lamp: #8a5300; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b1a18; --sheet: #242320; --ink: #ece7de; --soft: #b0a99d; --line: #413d37; --lamp: #f0b04a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
a { color: var(--lamp); }
a:focus-visible, button:focus-visible, summary:focus-visible { outline: 3px solid var(--lamp); outline-offset: 2px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 0.25rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 0.75rem 0 1.25rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); }
.service { color: var(--soft); margin: 0 0 0.25rem; }
.card { width: min(28rem, 100% - 2rem); margin: 12vh auto 2rem; padding: 2rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; }
.choices { display: grid; grid-template-columns: 1fr 1fr; gap: 0.75rem; margin-top: 1.5rem; }
button { min-height: 44px; padding: 0.5rem 1rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: 6px; cursor: pointer; }
button:hover { border-color: var(--lamp); }
.manual { display: grid; grid-template-columns: 14rem minmax(0, 44rem); gap: 3rem; max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
.manual nav ul { list-style: none; padding: 0; margin: 0; }
.manual nav a { display: block; padding: 0.3rem 0; }
.manual nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.next { display: flex; justify-content: space-between; margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 44rem) { .manual { grid-template-columns: minmax(0, 1fr); gap: 1rem; } table { display: block; overflow-x: auto; } }
`;
