import { createContext } from "react";
import type { Block } from "./transcript.ts";

/** All that is shown of the conversation, for the few pieces that look at others; reading it draws nothing anew. */
export const BlocksContext = createContext<{ current: readonly Block[] }>({ current: [] });
