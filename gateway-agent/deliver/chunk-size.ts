/** How many entries, and how many bytes of payloads, one upload carries at most. */
export type ChunkBound = { entries: number; payloadBytes: number };

export type ChunkSize = {
  bound: () => ChunkBound;
  /** the server took a chunk */
  taken: () => void;
  /** 413: a chunk of so many entries and payload bytes is more than the server or a proxy before it takes */
  refused: (sent: ChunkBound) => void;
  /** the link or the time did not suffice for it; once may be chance, and the same chunk again is the cheapest to take */
  broken: (sent: ChunkBound) => void;
};

/** Chunks that must pass before the bound is doubled again. A limit of a proxy does not pass by itself: the refused try costs a whole body. */
const takenBeforeGrowth = { refused: 64, broken: 8 };

/**
 * Halves what is too much, until it fits, and tries twice as much again after a while: a refusal may have been a mistake
 * that was mended, and a bad link is not bad for ever.
 */
export function newChunkSize(largest: ChunkBound): ChunkSize {
  let bound = largest;
  let takenInARow = 0;
  let brokenInARow = 0;
  let patience = takenBeforeGrowth.broken;

  const halve = (sent: ChunkBound, cause: keyof typeof takenBeforeGrowth): void => {
    takenInARow = 0;
    patience = takenBeforeGrowth[cause];
    // By what was really sent: a chunk may have been far below its bound, and a bound above it would change nothing.
    bound = {
      entries: Math.max(1, Math.floor(Math.min(bound.entries, sent.entries) / 2)),
      payloadBytes: Math.max(1, Math.floor(Math.min(bound.payloadBytes, Math.max(1, sent.payloadBytes)) / 2)),
    };
  };

  return {
    bound: () => bound,
    taken() {
      brokenInARow = 0;
      takenInARow += 1;
      if (takenInARow < patience) return;
      takenInARow = 0;
      bound = {
        entries: Math.min(largest.entries, bound.entries * 2),
        payloadBytes: Math.min(largest.payloadBytes, bound.payloadBytes * 2),
      };
    },
    refused: (sent) => halve(sent, 'refused'),
    broken(sent) {
      brokenInARow += 1;
      if (brokenInARow > 1) halve(sent, 'broken');
    },
  };
}
