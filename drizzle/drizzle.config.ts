import { defineConfig } from "drizzle-kit";

/** `npm run migration -- --name what-changes` writes the next migration from the difference to `tables.ts`. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/database/tables.ts",
  out: "./drizzle",
});
