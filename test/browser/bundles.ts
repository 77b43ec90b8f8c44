import { type ProofBundle, decodeBase64, encodeBase64 } from '@tianyuan/protocol';
import {
  type Sample,
  cosePayload,
  makeSample,
  sampleMessage,
  signedPayload,
} from '@tianyuan/protocol/vectors/sample-bundle.ts';

/** 2026-05-02 06:30 in Shanghai, Unix ms. */
const measuredAt = Date.UTC(2026, 4, 1, 22, 30);

/** A valid bundle with more than one reading to show. */
export function truckSample(): Sample {
  return makeSample({
    payload: signedPayload({
      ...sampleMessage,
      time: measuredAt,
      readings: [
        { type: 'temperature', value: 3250, sensor: 'air' },
        { type: 'humidity', value: 91_200, dt: 30_000 },
      ],
    }),
  });
}

/** A valid bundle whose message is COSE. */
export function coseSample(): Sample {
  return makeSample({ payload: cosePayload({ ...sampleMessage, readings: [{ type: 'co2', value: 415 }] }) });
}

/** The temperature made a hundredth of a degree lower, by somebody who has no key. */
export function cooled(bundle: ProofBundle): ProofBundle {
  const text = new TextDecoder().decode(decodeBase64(bundle.payload!));
  return {
    ...bundle,
    payload: encodeBase64(new TextEncoder().encode(text.replace('"value":3250', '"value":3240'))),
  };
}
