import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

/** The gateway's `/status` and the trace API's summary of its log, side by side. Sizes count log entries. */
export type Progress = {
  logId: string;
  logged: number;
  mirrored: number;
  anchored: number;
  final: number;
  /** messages that the trace API verified itself */
  verified: number;
  messages: number;
  /** refused at the gateway, by code */
  refused: Record<string, number>;
  /** flagged by the trace API, by code */
  flagged: Record<string, number>;
};

type GatewayStatus = Pick<Progress, 'logId' | 'logged' | 'refused'>;
type LogSummary = {
  size: number;
  anchoredSize: number;
  finalSize: number;
} & Pick<Progress, 'messages' | 'verified' | 'flagged'>;

const pollMs = 500;

/** Where everything stands; the states are those that the trace API has seen itself. */
async function readProgress({
  gatewayUrl,
  traceUrl,
}: {
  gatewayUrl: string;
  traceUrl: string;
}): Promise<Progress> {
  const gateway = (await readJson(`${gatewayUrl}/status`)) as GatewayStatus;
  const log = ((await readJson(`${traceUrl}/api/v1/logs/${gateway.logId}`)) ?? {
    size: 0,
    anchoredSize: 0,
    finalSize: 0,
    messages: 0,
    verified: 0,
    flagged: {},
  }) as LogSummary;
  return {
    logId: gateway.logId,
    logged: gateway.logged,
    refused: gateway.refused,
    mirrored: log.size,
    anchored: log.anchoredSize ?? 0,
    final: log.finalSize ?? 0,
    messages: log.messages,
    verified: log.verified,
    flagged: log.flagged,
  };
}

/** Waits until `isEnough`, telling every change; stops waiting when `broken` rejects. */
export async function awaitProgress(
  urls: { gatewayUrl: string; traceUrl: string },
  isEnough: (progress: Progress) => boolean,
  tell: (progress: Progress) => void,
  broken: Promise<never>,
): Promise<Progress> {
  let told = '';
  for (;;) {
    const progress = await Promise.race([readProgress(urls), broken]);
    if (told !== JSON.stringify(progress)) {
      told = JSON.stringify(progress);
      tell(progress);
    }
    if (isEnough(progress)) return progress;
    await Promise.race([delay(pollMs), broken]);
  }
}

export function formatProgress({ logged, mirrored, anchored, final }: Progress): string {
  return `logged ${logged}   mirrored ${mirrored}   anchored ${anchored}   final ${final}`;
}

/** Undefined for a log that the trace API does not know yet. */
async function readJson(url: string): Promise<unknown> {
  const response = await request(url);
  if (response.statusCode === 404) {
    await response.body.dump();
    return undefined;
  }
  return response.body.json();
}
