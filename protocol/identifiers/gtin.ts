import { ProtocolError } from '../protocol-error.ts';
import { hasGs1CheckDigit } from './gs1-check-digit.ts';

/**
 * A GTIN-8, -12, -13 or -14 as the 14 digits that Digital Link and databases use.
 * @throws ProtocolError IDENTIFIER for another length or a wrong check digit
 */
export function parseGtin(text: string): string {
  if (!/^([0-9]{8}|[0-9]{12,14})$/.test(text)) {
    throw new ProtocolError('IDENTIFIER', `a GTIN has 8, 12, 13 or 14 digits: ${text}`);
  }
  if (!hasGs1CheckDigit(text)) {
    throw new ProtocolError('IDENTIFIER', `the check digit of GTIN ${text} is wrong`);
  }
  return text.padStart(14, '0');
}

export function isGtin(text: string): boolean {
  try {
    parseGtin(text);
    return true;
  } catch {
    return false;
  }
}
