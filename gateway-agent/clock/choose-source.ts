import { chronySource } from './chrony-source.ts';
import { kernelSource } from './kernel-source.ts';
import type { TimeSource } from './time-source.ts';
import { timesyncdSource } from './timesyncd-source.ts';

export const clockSources = ['auto', 'timesyncd', 'chrony', 'kernel', 'trusted', 'none'] as const;
export type ClockSource = (typeof clockSources)[number];

/** The source by its setting. `trusted` is the owner's own word, for a clock that something else keeps right. */
export function chooseSource(setting: ClockSource): TimeSource {
  switch (setting) {
    case 'auto':
      // The cheapest first; whichever has something to say.
      return firstOf([timesyncdSource(), chronySource(), kernelSource()]);
    case 'timesyncd':
      return timesyncdSource();
    case 'chrony':
      return chronySource();
    case 'kernel':
      return kernelSource();
    case 'trusted':
      return { name: 'trusted', read: () => Promise.resolve({ synchronised: true, ageMs: 0 }) };
    case 'none':
      return { name: 'none', read: () => Promise.resolve(undefined) };
  }
}

/** A source of several: the first that this system has. One that says "no" does not speak for the next. */
export function firstOf(sources: readonly TimeSource[]): TimeSource {
  return {
    name: sources.map(({ name }) => name).join(' or '),
    async read() {
      let doubtful;
      for (const source of sources) {
        const reading = await source.read();
        if (reading?.synchronised) return reading;
        doubtful ??= reading;
      }
      return doubtful;
    },
  };
}
