import { publicKeyOf, signEd25519 } from '../ed25519.ts';
import { encodeBase64url } from '../encoding/base64.ts';
import type { Binding } from '../message/binding.ts';
import type { Body, BodyName } from '../message/body.ts';
import type { EpcisEvent } from '../message/event.ts';
import type { Report } from '../message/report.ts';
import { type Rotation, proveRotation } from '../message/rotation.ts';

// One of each body that a message can carry.

export const sampleBinding: Binding = {
  device: 'th-0007',
  to: { kind: 'truck', id: '鲁F·A1234' },
  from: 1_790_000_000_000,
  until: 1_790_086_400_000,
};

/** Grading: 200 kg of one lot out of 230 kg of another. Integers in whole units of `uom`, as every event here. */
export const sampleEvent = {
  type: 'TransformationEvent',
  eventTime: '2026-11-02T08:00:00.000+08:00',
  eventTimeZoneOffset: '+08:00',
  bizStep: 'commissioning',
  inputQuantityList: [
    { epcClass: 'https://id.gs1.org/01/06901234567892/10/H-0731', quantity: 230, uom: 'KGM' },
  ],
  quantityList: [{ epcClass: 'https://id.gs1.org/01/06901234567892/10/A-0731', quantity: 200, uom: 'KGM' }],
} satisfies EpcisEvent;

export const sampleReport: Report = {
  hash: 'a3'.repeat(32),
  kind: 'inspection',
  issuer: '91370600MA3C0FFEE1',
  subject: { kind: 'batch', id: '烟台-0912' },
  mediaType: 'application/pdf',
  length: 120_345,
  score: 97_500,
};

const newSecret = new Uint8Array(32).fill(6);

export const sampleRotation: Rotation = proveRotation(
  { device: 'th-0007', key: 3, lastBoot: 3, lastSeq: 41, publicKey: encodeBase64url(publicKeyOf(newSecret)) },
  (input) => signEd25519(newSecret, input),
);

export const sampleBodies: Record<BodyName, Body> = {
  readings: { readings: [{ type: 'temperature', value: -18_250 }] },
  binding: { binding: sampleBinding },
  event: { event: sampleEvent },
  report: { report: sampleReport },
  rotation: { rotation: sampleRotation },
};
