/**
 * Mean kinetic temperature: the one constant temperature that would do the same harm as the changing one did, by the
 * Arrhenius equation. USP <1079.2> and ICH Q1A(R2) (glossary), after J. D. Haynes, J. Pharm. Sci. 60 (1971) 927:
 *
 *     T_K = (ΔH/R) / −ln( Σ w_i · e^(−ΔH/(R·T_i)) / Σ w_i )      temperatures in kelvin
 *
 * with ΔH = 83.144 kJ/mol and R = 8.3144 J/(mol·K), so that ΔH/R is 10,000 K. USP counts readings at equal intervals;
 * ours come as they come, so each weighs the time that it stands for. With equal intervals that is the same.
 */
const activationKelvin = 10_000;
const zeroCelsiusKelvin = 273.15;

/** What a time at one temperature adds. Sums of it can be kept, and added to each other. */
export type KineticSum = { durationMs: number; harm: number };

/** @param milliC the temperature in m°C, above −273,150 */
export function kineticSum(milliC: number, durationMs: number): KineticSum {
  return { durationMs, harm: durationMs * Math.exp(-activationKelvin / (milliC / 1000 + zeroCelsiusKelvin)) };
}

export function addSums(sums: Iterable<KineticSum>): KineticSum {
  let [durationMs, harm] = [0, 0];
  for (const sum of sums) {
    durationMs += sum.durationMs;
    harm += sum.harm;
  }
  return { durationMs, harm };
}

/** In whole m°C; undefined for no time at all. */
export function meanKineticTemperature({ durationMs, harm }: KineticSum): number | undefined {
  if (durationMs <= 0) return undefined;
  const kelvin = activationKelvin / -Math.log(harm / durationMs);
  return Math.round((kelvin - zeroCelsiusKelvin) * 1000);
}
