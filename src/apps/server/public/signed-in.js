// The window in which somebody signed in at a service: tells Patchbay's other windows, then closes if it may.
const isConnected = document.title.startsWith("Connected");
const state = new URL(location.href).searchParams.get("state");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none: it reaches our own pages only
new BroadcastChannel("patchbay").postMessage({ type: isConnected ? "signed-in" : "not-signed-in", state });
if (isConnected) setTimeout(() => window.close(), 1500);
