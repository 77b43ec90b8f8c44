/**
 * Slows guessing down: after each wrong guess the next one waits twice as long, up to half a minute, and one is judged
 * at a time. It is one limit for everybody: behind an SSH tunnel all come from loopback. Who guesses can so make the
 * owner wait, for half a minute.
 */
export type GuessLimit = {
  /** judges a guess; undefined where it came too early and was not looked at */
  judge: (guess: () => Promise<boolean>) => Promise<boolean | undefined>;
  /** ms until the next guess is looked at */
  waitMs: () => number;
};

const firstWaitMs = 500;
const maxWaitMs = 30_000;
/** People mistype: the first wrong ones cost nothing. */
const freeGuesses = 3;

/** @param sinceBootMs monotonic ms */
export function newGuessLimit(sinceBootMs: () => number): GuessLimit {
  let wrong = 0;
  let openAt = 0;
  let judging = false;
  return {
    async judge(guess) {
      if (judging || sinceBootMs() < openAt) return undefined;
      judging = true;
      try {
        const isRight = await guess();
        wrong = isRight ? 0 : wrong + 1;
        openAt =
          wrong <= freeGuesses
            ? 0
            : sinceBootMs() + Math.min(maxWaitMs, firstWaitMs * 2 ** (wrong - freeGuesses));
        return isRight;
      } finally {
        judging = false;
      }
    },
    waitMs: () => Math.max(0, openAt - sinceBootMs()),
  };
}
