import { html } from 'hono/html';
import type { QuantityName } from '@tianyuan/protocol';
import type { CalibrationView } from '../batches/batch-view.ts';
import { type Language, formatCount, sayIn } from './language.ts';
import type { Html } from './page.ts';

/** So many sensors are named on a phone; of more, how many. */
const mostNames = 3;

/** A quiet line under a quantity's curve: whether somebody certified the sensors that drew it. */
export function calibrationNote(
  calibrations: readonly CalibrationView[],
  type: QuantityName,
  language: Language,
): Html | '' {
  const say = sayIn(language);
  const sensors = calibrations.filter((one) => one.type === type);
  if (sensors.length === 0) return '';
  const without = sensors.filter(({ state }) => state === 'none');
  const expired = sensors.filter(({ state }) => state === 'expired');
  if (without.length + expired.length === 0) {
    const issuers = [...new Set(sensors.flatMap((one) => one.certificates.map(({ issuer }) => issuer)))];
    return html`<p class="muted">
      ${say(
        `传感器经过校准，证书在有效期内（${issuers.slice(0, mostNames).join('、')}）。`,
        `The sensors are calibrated, with valid certificates (${issuers.slice(0, mostNames).join(', ')}).`,
      )}
    </p>`;
  }
  return html`${
    without.length === 0
      ? ''
      : html`<p class="muted">
          ${say(
            `未校准的传感器：${names(without, language)}。没有校准证书，读数可能有偏差。`,
            `Not calibrated: ${names(without, language)}. There is no certificate, so readings may be off.`,
          )}
        </p>`
  }${
    expired.length === 0
      ? ''
      : html`<p class="muted">
          ${say(
            `校准证书没有覆盖全部测量时间：${names(expired, language)}。`,
            `The calibration certificate does not cover all of this time: ${names(expired, language)}.`,
          )}
        </p>`
  }`;
}

function names(sensors: readonly CalibrationView[], language: Language): string {
  const say = sayIn(language);
  const named = sensors
    .slice(0, mostNames)
    .map(({ device, sensor }) => (sensor === null ? device : `${device} ${sensor}`))
    .join(say('、', ', '));
  const rest = sensors.length - mostNames;
  return rest <= 0
    ? named
    : named + say(`等 ${formatCount(sensors.length)} 个`, ` and ${formatCount(rest)} more`);
}
