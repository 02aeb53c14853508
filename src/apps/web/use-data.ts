import { useCallback, useEffect, useState } from "react";
import { messageOf } from "./api.ts";

export type Loaded<T> = { data: T | undefined; problem: string | undefined; reload: () => Promise<void> };

/** Loads something from the server, and again when asked, when the window is looked at anew, or when another window signed in. */
export function useData<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; problem?: string }>({ key });
  // The caller's `load` is a new function each time it draws; `key` says when it means something else.
  const stable = useCallback(load, [key]);
  const reload = useCallback(async () => {
    try {
      const data = await stable();
      setState({ key, data });
    } catch (error) {
      setState((before) => ({ ...before, key, problem: messageOf(error) }));
    }
  }, [stable, key]);

  useEffect(() => {
    const again = () => void (document.visibilityState === "visible" && reload());
    const windows = new BroadcastChannel("patchbay");
    windows.addEventListener("message", again);
    document.addEventListener("visibilitychange", again);
    void reload();
    return () => {
      windows.close();
      document.removeEventListener("visibilitychange", again);
    };
  }, [reload]);

  const isCurrent = state.key === key;
  return { data: isCurrent ? state.data : undefined, problem: isCurrent ? state.problem : undefined, reload };
}
