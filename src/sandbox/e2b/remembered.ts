/** Which sandbox a conversation has, kept where every server of the installation finds it. */
export type RememberedSandboxes = {
  get(conversationId: string): Promise<string | undefined>;
  /**
   * Takes a new sandbox for the conversation in place of the one that was read before, and gives the one it has now: another
   * when another server was faster.
   */
  claim(conversationId: string, had: string | undefined, sandboxId: string): Promise<string>;
  forget(conversationId: string): Promise<void>;
  /** Of these, the ones that some conversation has. */
  known(sandboxIds: string[]): Promise<Set<string>>;
};
