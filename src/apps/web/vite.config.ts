import react from "@vitejs/plugin-react";
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: resolve(import.meta.dirname, "../../../dist/web"),
    emptyOutDir: true,
    // An inlined asset would be a `data:` address, which the content-security policy does not let styles and fonts use.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
