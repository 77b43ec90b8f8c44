/** Of what a suite asks the platform about. */
export const nationalBatch = (lot: string, traceRecordId?: string, published = true) => ({
  gtin: '06901234567892',
  lot,
  product: { zh: '赣南脐橙', en: 'Navel oranges' },
  origin: { zh: '江西赣州', en: 'Ganzhou, Jiangxi' },
  limits: [],
  devices: [],
  published,
  ...(traceRecordId === undefined ? {} : { traceRecordId }),
});
