import { useState } from "react";
import { type Fault, faultOf } from "./api.ts";

export type Acting = {
  isBusy: boolean;
  fault: Fault | undefined;
  /** What came of it, in a sentence. */
  told: string | undefined;
  /** Does something once at a time; a text it gives back is told, a failure too. */
  act: (work: () => Promise<string | void>) => Promise<void>;
  clear: () => void;
};

/** Something a person sets off by a button: whether it is under way, and how it went. */
export function useAct(): Acting {
  const [state, setState] = useState<{ isBusy: boolean; fault?: Fault; told?: string }>({ isBusy: false });
  const act: Acting["act"] = async (work) => {
    setState({ isBusy: true });
    try {
      const told = await work();
      setState({ isBusy: false, ...(told ? { told } : {}) });
    } catch (error) {
      setState({ isBusy: false, fault: faultOf(error) });
    }
  };
  return { isBusy: state.isBusy, fault: state.fault, told: state.told, act, clear: () => setState({ isBusy: false }) };
}
