import { ProtocolError } from '../protocol-error.ts';

/** GB 32100-2015 table 1: digits and capital letters without I, O, S, V and Z; a character's value is its place. */
const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const codeLength = 18;

/**
 * The 18th character of a 统一社会信用代码, GB 32100-2015 appendix A (after GB/T 17710): (31 − Σ value × weight mod 31)
 * mod 31, the weight of position i being 3^(i−1) mod 31.
 * @param body the 17 characters before it
 */
function usccCheckCharacter(body: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of body) {
    sum += alphabet.indexOf(character) * weight;
    weight = (weight * 3) % alphabet.length;
  }
  return alphabet[(alphabet.length - (sum % alphabet.length)) % alphabet.length]!;
}

/**
 * A 统一社会信用代码 (GB 32100-2015): registering department, kind of body, six digits of its division (GB/T 2260), nine of the
 * body itself, and the check character. Which codes are given out, and the older check digit inside the body's nine, are the
 * registrar's affair: codes of the first pilot regions break that one and are in use.
 * @throws ProtocolError IDENTIFIER, which names the position and the rule
 */
export function parseUscc(text: string): string {
  if (text.length !== codeLength) {
    throw refused(text, `has ${text.length} characters, and ${codeLength} are needed`);
  }
  for (let at = 0; at < codeLength; at++) {
    const character = text[at]!;
    if (!alphabet.includes(character)) {
      throw refused(
        text,
        `position ${at + 1} is "${character}": digits and capital letters other than I, O, S, V and Z`,
      );
    }
    if (at >= 2 && at < 8 && !/[0-9]/.test(character)) {
      throw refused(text, `position ${at + 1} is "${character}": 3 to 8 are the digits of a division`);
    }
  }
  const wanted = usccCheckCharacter(text.slice(0, -1));
  if (text.at(-1) !== wanted) {
    throw refused(
      text,
      `position 18, the check character, is "${text.at(-1)}" and not the one of the 17 before it`,
    );
  }
  return text;
}

export function isUscc(text: string): boolean {
  try {
    parseUscc(text);
    return true;
  } catch {
    return false;
  }
}

function refused(text: string, why: string): ProtocolError {
  const shown = text.length > 2 * codeLength ? `${text.slice(0, 2 * codeLength)}…` : text;
  return new ProtocolError('IDENTIFIER', `not a 统一社会信用代码 (GB 32100-2015), ${shown}: ${why}`);
}
