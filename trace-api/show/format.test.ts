import { describe, expect, test } from 'vitest';
import { formatLimit, formatReading, formatSpan, formatValue } from './format-quantity.ts';
import { formatTime, utcTime } from './format-time.ts';

const nbsp = '\u00a0';

describe('a quantity', () => {
  test('is rounded to what its sensor is good for', () => {
    expect(formatValue('temperature', 3250)).toBe(`3.3${nbsp}°C`);
    expect(formatValue('temperature', -18_040)).toBe(`−18.0${nbsp}°C`);
    expect(formatValue('temperature', -20)).toBe(`0.0${nbsp}°C`);
    expect(formatValue('humidity', 91_200)).toBe(`91${nbsp}%`);
    expect(formatSpan('temperature', -2000, 6400)).toBe(`−2.0 – 6.4${nbsp}°C`);
    expect(formatLimit('temperature', 8000)).toBe(`8${nbsp}°C`);
    expect(formatLimit('temperature', 4500)).toBe(`4.5${nbsp}°C`);
  });

  test('is exact where an inspector reads what was signed', () => {
    expect(formatReading({ type: 'temperature', value: 3250 }, 'zh')).toBe(`3.25${nbsp}°C`);
    expect(formatReading({ type: 'temperature', value: 100_000 }, 'zh')).toBe(`100${nbsp}°C`);
    expect(formatReading({ type: 'illuminance', value: 100 }, 'zh')).toBe(`100${nbsp}lux`);
    expect(formatReading({ type: 'gps', value: [357_712_340, -1] }, 'zh')).toBe(
      `35.771234${nbsp}°, −0.0000001${nbsp}°`,
    );
    expect(formatReading({ type: 'door', value: 1 }, 'zh')).toBe('开');
    expect(formatReading({ type: 'door', value: 0 }, 'en')).toBe('closed');
  });
});

describe('a time', () => {
  const time = Date.UTC(2026, 4, 1, 22, 30, 5);

  test("is Shanghai's, and UTC beside it", () => {
    expect(formatTime(time, 'zh')).toBe('2026年5月2日 06:30');
    expect(formatTime(time, 'zh', 'date')).toBe('2026年5月2日');
    expect(formatTime(time, 'en', 'second')).toBe('2 May 2026 at 06:30:05');
    expect(utcTime(time)).toBe('2026-05-01T22:30:05.000Z');
  });

  test('that no calendar has is a number', () => {
    expect(formatTime(Number.MAX_SAFE_INTEGER, 'zh')).toBe('9007199254740991');
    expect(utcTime(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991');
  });
});
