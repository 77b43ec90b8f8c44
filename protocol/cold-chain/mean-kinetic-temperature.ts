/** J/mol; USP <1079.2>: "based on more than half of the drug substances", and its default where nothing better is known. */
export const defaultDeltaH = 83_144;

/** J/(mol·K), as USP <1079.2> prints it: with the default above, ΔH/R is 10,000 K. */
const gasConstant = 8.3144;

const zeroCelsius = 273.15;

export type WeightedTemperature = { milliCelsius: number; weight: number };

/**
 * The one temperature at which as much would have happened as under all of these: Haynes, J. Pharm. Sci. 60 (1971) 927;
 * USP <1079.2>. T = (ΔH/R) / −ln(Σ wᵢ·exp(−ΔH/(R·Tᵢ)) / Σ wᵢ), in kelvin. Computed in doubles, against the warmest as
 * the reference so that no exponential vanishes, and rounded to the nearest m°C.
 * @param deltaH J/mol
 * @returns m°C; undefined where no weight is above zero
 */
export function meanKineticTemperature(
  temperatures: readonly WeightedTemperature[],
  deltaH: number = defaultDeltaH,
): number | undefined {
  const counted = temperatures.filter(({ weight }) => weight > 0);
  if (counted.length === 0) return undefined;
  const energy = deltaH / gasConstant;
  const kelvin = (milliCelsius: number) => milliCelsius / 1000 + zeroCelsius;
  const warmest = kelvin(counted.reduce((most, { milliCelsius }) => Math.max(most, milliCelsius), -Infinity));
  let sum = 0;
  let weights = 0;
  for (const { milliCelsius, weight } of counted) {
    sum += weight * Math.exp(energy / warmest - energy / kelvin(milliCelsius));
    weights += weight;
  }
  const mean = energy / (energy / warmest - Math.log(sum / weights));
  return Math.round((mean - zeroCelsius) * 1000);
}
