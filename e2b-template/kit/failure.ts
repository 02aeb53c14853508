/** Why a command did not work: printed on stderr as one line of JSON, told to the shell by its exit code. */
export class Failure extends Error {
  readonly code: string;
  readonly exitCode: number;
  readonly facts: Facts;

  constructor(code: string, message: string, exitCode: number, facts: Facts = {}) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.exitCode = exitCode;
    this.facts = facts;
  }

  override toString(): string {
    const { status, retryable, action, answer } = this.facts;
    const envelope = {
      ok: false,
      code: this.code,
      message: this.message,
      status,
      retryable: retryable ?? false,
      action,
      answer,
    };
    return `${JSON.stringify(envelope)}\n`;
  }
}

type Facts = { status?: number; retryable?: boolean; action?: string; answer?: unknown };

export const exit = { ok: 0, usage: 2, signIn: 3, refused: 4, service: 5 } as const;

/** A command that cannot be understood; `action` says what to type instead. */
export function usage(message: string, action?: string): Failure {
  return new Failure("usage", message, exit.usage, { action });
}
