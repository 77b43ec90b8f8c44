import { accompanying, demonstration, demonstrationBatch } from './demonstration.ts';
import type { Layout } from './layout.ts';
import { ask } from './person/ask-service.ts';
import { secretIn } from './secret-file.ts';
import { storyBatch } from './story/tell-story.ts';

/**
 * Tells the trace API, as its owner, what the demonstration's batch is and which devices accompany it: with all that the
 * story says of it, once that has been told.
 */
export async function declareBatch(
  layout: Layout,
  traceUrl: string,
  devices: readonly { device: string }[],
): Promise<void> {
  const names = accompanying(devices);
  const batch = storyBatch(layout, names) ?? demonstrationBatch(names);
  const path = `/api/v1/batches/${demonstration.batchId}`;
  await ask(traceUrl, 'PUT', path, JSON.stringify(batch), secretIn(layout.ownerToken));
}
