/** Whether a link works, as the one who uses it has last seen it. */
export type LinkHealth = {
  succeeded: () => void;
  failed: (error: unknown) => void;
  state: () => LinkState;
};

/** `since` is monotonic ms of the process. `unknown` until it was used once. */
export type LinkState =
  | { is: 'unknown'; since: number }
  | { is: 'up'; since: number }
  | { is: 'down'; since: number; reason: string };

/** A reason is shown to people and logged; what a server answers has no bound of its own. */
const maxReasonLength = 200;

/**
 * @param sinceBootMs monotonic ms
 * @param onFailure told of every failure: not each is the link's
 */
export function newLinkHealth(
  sinceBootMs: () => number,
  onFailure: (error: unknown) => void = () => {},
): LinkHealth {
  let state: LinkState = { is: 'unknown', since: sinceBootMs() };
  return {
    succeeded() {
      if (state.is !== 'up') state = { is: 'up', since: sinceBootMs() };
    },
    failed(error) {
      onFailure(error);
      const message = error instanceof Error ? error.message : String(error);
      const reason = hideUrls(message).slice(0, maxReasonLength);
      // A link that never worked is down since we began to try it.
      const since = state.is === 'up' ? sinceBootMs() : state.since;
      state = { is: 'down', since, reason };
    },
    state: () => state,
  };
}

/**
 * Leaves of every URL its host only. A reason becomes part of an alarm, and with it of the log, which is for ever and goes to
 * others; paths and queries of webhooks and of chain nodes are where their keys are.
 */
function hideUrls(text: string): string {
  return text.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, (url) => URL.parse(url)?.host ?? '…');
}
