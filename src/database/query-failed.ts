import { DrizzleQueryError } from "drizzle-orm";
import { Problem } from "../contract/problem.ts";

/**
 * A query the database refused: the statement, the code and the constraint, without any value. Drizzle's own error carries
 * the parameters, and the server's `detail` the row: both can hold what must not reach a log.
 */
export class QueryFailed extends Error {
  /** SQLSTATE, e.g. `23505` for a unique violation. */
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly statement: string;

  constructor(statement: string, server: ServerError) {
    super(`${server.message ?? "the query failed"} (${statement.slice(0, 300)})`);
    this.name = "QueryFailed";
    this.statement = statement;
    this.code = server.code;
    this.constraint = server.constraint ?? server.constraint_name;
  }

  /** The error as it may leave this room. Errors of the caller pass through unchanged. */
  static from(error: unknown): unknown {
    if (!(error instanceof DrizzleQueryError)) return error;
    const server: ServerError = error.cause ?? {};
    // Ids come from addresses and from models: one that is no UUID names nothing.
    if (server.code === "22P02" && server.message?.includes("type uuid"))
      return new Problem("not_found", { what: "thing" });
    const isBroken = server.code === "22P02" && server.message?.includes("type json");
    const detail = isBroken ? halved : unstorable[server.code ?? ""];
    if (detail) return new Problem("input_invalid", { detail });
    return new QueryFailed(error.query, server);
  }
}

const nul = "it holds a NUL character, which no text here may have.";
const halved = "it holds half a character (a lone surrogate), which no text here may have.";
const time = "a time in it is none that can be.";
/** What somebody sent and no column takes, by SQLSTATE. */
const unstorable: Record<string, string> = { "22021": nul, "22P05": nul, "22007": time, "22008": time, "22009": time };

/** Both engines name the same facts; postgres-js spells the constraint `constraint_name`. */
type ServerError = { message?: string; code?: string; constraint?: string; constraint_name?: string };
