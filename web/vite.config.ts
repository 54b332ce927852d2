import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/securecart/serve/portal/static",
    emptyOutDir: true,
    // The content security policy allows no data: address, and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // A file whose tests need a document asks for jsdom: each takes a second to load.
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
