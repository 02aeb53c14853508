/**
 * Refuses statements that would step out of the tenant's transaction: take another role, change the tenant, end the
 * transaction. Our queries never do; this stops one that was led to. On Postgres a separate login (`DATABASE_OWNER_URL`) has no
 * role to step into as well; the embedded database has a single session, its owner's, so this is its second fence.
 *
 * @throws Error naming the statement's first words: it is a bug or an attack, never a person's mistake.
 */
export function refuseEscape(statement: string): void {
  if (escapes.some((pattern) => pattern.test(statement))) {
    throw new Error(`refused inside a tenant's transaction: ${statement.trim().slice(0, 60)}`);
  }
}

const escapes = [
  /\b(set|reset)\s+((local|session)\s+)?("?role\b|"?session\b|authorization\b|all\b|"?patchbay\b)/i,
  /\bset_config\b/i,
  /^\s*(begin|start|commit|end|abort|prepare|execute|deallocate|discard|do|call|copy|create|alter|drop|grant|revoke)\b/i,
  /^\s*rollback\b(?!\s+to\b)/i,
  /--|\/\*/, // words could hide behind a comment, and no query of ours has one
];
