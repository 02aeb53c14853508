/**
 * Refuses statements that would step out of the tenant's transaction: take another role, change the tenant, end the
 * transaction. Our queries never do; this stops one that was led to. On Postgres a separate login (`DATABASE_OWNER_URL`) has no
 * role to step into as well; the embedded database has a single session, its owner's, and there the tenant's role has no right
 * to change a setting (`openPGlite`).
 *
 * @throws Error naming the statement's first words: it is a bug or an attack, never a person's mistake.
 */
export function refuseEscape(statement: string): void {
  if (!ordinary.test(statement) || escapes.some((pattern) => pattern.test(statement))) {
    throw new Error(`refused inside a tenant's transaction: ${statement.trim().slice(0, 60)}`);
  }
}

/** Every statement of ours begins so; all others change the session, the transaction or the tables. */
const ordinary = /^[\s(]*(select|insert|update|delete|with|savepoint|release|rollback\s+to)\b/i;

const escapes = [
  /\b(set|reset)\s+((local|session)\s+)?("?role\b|"?session\b|authorization\b|all\b|"?patchbay\b)/i,
  /\bset_config\b|\bpg_settings\b/i,
  /\bu&["']/i, // a name in escapes is not seen for what it is
  /_to_xml|\bts_(stat|rewrite)\b/i, // run a statement that is handed to them as text
  /--|\/\*/, // words could hide behind a comment, and no query of ours has one
];
