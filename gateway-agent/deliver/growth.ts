import { EventEmitter, once } from 'node:events';

/** Wakes the deliverers when the log has grown. */
export type Growth = {
  announce: () => void;
  /** resolves when `isDue()` is true, looked at now and after every announcement */
  until: (isDue: () => boolean, signal: AbortSignal) => Promise<void>;
};

export function newGrowth(): Growth {
  const emitter = new EventEmitter();
  return {
    announce: () => void emitter.emit('grown'),
    async until(isDue, signal) {
      while (!isDue()) await once(emitter, 'grown', { signal });
    },
  };
}
