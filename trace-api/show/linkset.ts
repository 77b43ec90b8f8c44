import type { BatchView } from '../batches/batch-view.ts';

/** A target of RFC 9264 section 4.2.3; `title*` holds the title by language (4.2.4.2). */
type Target = {
  href: string;
  type: string;
  hreflang?: string[];
  title?: string;
  'title*'?: { value: string; language: string }[];
};

/** Link types of the GS1 Web Vocabulary, https://ref.gs1.org/voc/?show=linktypes. */
const gs1 = 'https://ref.gs1.org/voc/';

/**
 * What is known of a lot and where, as `application/linkset+json` (RFC 9264), with the link types that a GS1-conformant
 * resolver answers with. `uri` is the batch's Digital Link.
 */
export function linksetOf(
  batch: BatchView,
  uri: string,
  publicUrl: string,
): { linkset: ({ anchor: string } & Record<string, Target[] | string>)[] } {
  const page = (language: 'zh' | 'en'): Target => ({
    href: `${uri}?lang=${language}`,
    type: 'text/html',
    hreflang: [language],
    title: batch.product[language],
  });
  const bothTitles = [
    { value: batch.product.zh, language: 'zh' },
    { value: batch.product.en, language: 'en' },
  ];
  return {
    linkset: [
      {
        anchor: uri,
        [`${gs1}defaultLink`]: [
          { href: uri, type: 'text/html', title: batch.product.en, 'title*': bothTitles },
        ],
        [`${gs1}pip`]: [page('zh'), page('en')],
        [`${gs1}traceability`]: [
          page('zh'),
          page('en'),
          {
            href: `${publicUrl}/api/v1/batches/${encodeURIComponent(batch.batchId)}/trace`,
            type: 'application/json',
            title: 'Trace of the batch',
          },
        ],
        describedby: [{ href: uri, type: 'application/ld+json', title: 'Description of the lot' }],
      },
    ],
  };
}
