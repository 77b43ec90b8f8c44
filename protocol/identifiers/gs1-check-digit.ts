/**
 * GS1 General Specifications 7.9.1: the check digit of a GTIN, GLN, GRAI or SSCC over the digits before it, weighted 3
 * and 1 from the right.
 * @param digits without the check digit
 */
export function gs1CheckDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const weight = (digits.length - i) % 2 === 1 ? 3 : 1;
    sum += Number(digits[i]) * weight;
  }
  return (10 - (sum % 10)) % 10;
}

/** Whether the last digit of an all-digit identifier is its GS1 check digit. */
export function hasGs1CheckDigit(identifier: string): boolean {
  return (
    /^[0-9]{2,}$/.test(identifier) && gs1CheckDigit(identifier.slice(0, -1)) === Number(identifier.at(-1))
  );
}
