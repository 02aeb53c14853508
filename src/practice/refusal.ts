type Extra = { headers?: Record<string, string>; details?: { field: string; message: string }[] };

/** An answer of the API that says no: thrown anywhere, turned into JSON in one place. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  readonly details: Extra["details"];

  constructor(status: number, code: string, message: string, extra: Extra = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = extra.headers ?? {};
    this.details = extra.details;
  }

  body() {
    return { error: { code: this.code, message: this.message, details: this.details } };
  }
}

/** What is not there and what one may not see get the same answer, so that ids cannot be guessed. */
export const notFound = (noun: string, id: string) => new Refusal(404, "not_found", `There is no ${noun} ${id}.`);
