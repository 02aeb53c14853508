import { useCallback, useEffect, useState } from "react";
import { type Fault, faultOf } from "./api.ts";

export type Loaded<T> = {
  data: T | undefined;
  fault: Fault | undefined;
  problem: string | undefined;
  reload: () => Promise<void>;
};

/**
 * Loads something from the server, and again when asked, when the window is looked at anew, or when another window signed in.
 * What was seen before under the same key is shown until the new answer is here.
 */
export function useData<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; fault?: Fault }>({ key });
  // The caller's `load` is a new function each time it draws; `key` says when it means something else.
  const stable = useCallback(load, [key]);
  const reload = useCallback(async () => {
    try {
      const data = await stable();
      seen.set(key, data);
      setState({ key, data });
    } catch (error) {
      setState((before) => ({ ...(before.key === key ? before : { key }), fault: faultOf(error) }));
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
  const fault = isCurrent ? state.fault : undefined;
  const data = (isCurrent ? state.data : undefined) ?? (seen.get(key) as T | undefined);
  return { data, fault, problem: fault?.message, reload };
}

/** Answers of this window's session, so that going back and forth does not blink. */
const seen = new Map<string, unknown>();
