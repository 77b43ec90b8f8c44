import type { FaultName } from './faults/fault.ts';

type Of = { fault: FaultName | null };

/** How far a run is from the good messages that it is to have acknowledged; without a number it never ends by itself. */
export type Goal = {
  stored: (publication: Of) => void;
  overwritten: (publication: Of) => void;
  acknowledged: (publication: Of) => void;
  /** Whether what is stored, once acknowledged, would still not be enough. */
  wantsMore: () => boolean;
  reached: () => boolean;
};

/** @param waiting good messages that an earlier run left in the store */
export function openGoal(messages: number | undefined, waiting: number): Goal {
  let stored = waiting;
  let acknowledged = 0;
  return {
    stored: ({ fault }) => {
      if (fault === null) stored++;
    },
    overwritten: ({ fault }) => {
      if (fault === null) stored--;
    },
    acknowledged: ({ fault }) => {
      if (fault !== null) return;
      stored--;
      acknowledged++;
    },
    wantsMore: () => messages === undefined || acknowledged + stored < messages,
    reached: () => messages !== undefined && acknowledged >= messages,
  };
}
