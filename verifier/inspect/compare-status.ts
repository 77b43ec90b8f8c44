import type { SaleStatus, View } from './answers.ts';
import type { Miss } from './miss.ts';
import type { ReadPage } from './read-page.ts';

/** What may be on sale; whatever else a status is called stands against it. */
const harmless = new Set(['sellable', 'unknown']);

/**
 * Where a recall, a hold or a last day is not shown as it is: the route that shops ask, the trace and the pages say the same,
 * and nothing that stands against a sale is green or without its reason. Pure.
 */
export function compareStatus(asked: SaleStatus, view: View, pages: Record<'zh' | 'en', ReadPage>): Miss[] {
  const hidden = (detail: string): Miss => ({ code: 'STATUS_HIDDEN', detail });
  if (asked.status !== view.status.status)
    return [hidden(`it is ${asked.status}, the trace says ${view.status.status}`)];
  if (harmless.has(asked.status)) return [];
  return (['zh', 'en'] as const).flatMap((language) => {
    const { tone, text } = pages[language];
    const untold = asked.reasons
      .map((reason) => reason.text[language].replaceAll(/\s+/g, ' '))
      .filter((words) => !text.includes(words));
    return [
      ...(tone === 'warn'
        ? []
        : [hidden(`${language}: it is ${asked.status}, and the verdict is ${tone ?? 'none'}`)]),
      ...untold.map((words) =>
        hidden(`${language}: it is ${asked.status}, and the page does not say "${words}"`),
      ),
    ];
  });
}
