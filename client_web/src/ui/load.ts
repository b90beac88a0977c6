import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { reconnects } from "../state/house";
import { tellError } from "../state/notices";

/**
 * Loads what a page shows, anew whenever `asked` changes, and once more when the connection is back if it failed: a page
 * that was gone to without one must not say "Loading…" for ever. `current` says whether the answer is still wanted.
 */
export function useLoad(load: (current: () => boolean) => Promise<void>, asked: readonly unknown[]): void {
  const [turn, setTurn] = useState(0);
  const failed = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked for decides, not the function that asks
  useEffect(() => {
    let over = false;
    failed.current = false;
    load(() => !over).catch((error: unknown) => {
      if (over) return;
      failed.current = true;
      tellError(error);
    });
    return () => {
      over = true;
    };
  }, [...asked, turn]);
  useSignalEffect(() => {
    if (reconnects.value && failed.current) setTurn((before) => before + 1);
  });
}
