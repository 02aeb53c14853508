// The window in which somebody signed in at a service: tells Patchbay's other windows, then closes if it may.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none: it reaches our own pages only
new BroadcastChannel("patchbay").postMessage({ type: "signed-in" });
if (document.title.startsWith("Connected")) setTimeout(() => window.close(), 1500);
