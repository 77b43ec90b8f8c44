/**
 * The figures by which citrus pictures are screened. Those without a source are this project's own, chosen so that pictures
 * of a phone on plain ground pass and what a person would not judge by is turned away.
 */
export const screeningRules = {
  /** pictures are looked at in this size: what is blurred only beyond it hides no colour */
  longSidePx: 512,
  shortestSidePx: 64,
  /** CIE L*: below it a camera's noise is most of the colour */
  darkestLightness: 20,
  /** of the fruit: pixels with a channel at its end have lost their hue */
  mostClippedShare: 0.25,
  clippedAt: 250,
  /** variance of the Laplacian of luma, 0 to 255: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000 */
  leastSharpness: 40,
  /** CIELAB chroma and hue (degrees) of citrus peel, from deep green over yellow to red-orange; ground has less chroma */
  peelChroma: 18,
  peelHue: { from: 20, to: 165 },
  /** of the picture */
  leastFruitShare: 0.03,
  /**
   * Peel is coloured where its citrus colour index is not below zero. UNECE Standard FFV-14 (citrus fruit), colouring of
   * oranges: light green may be at most one fifth of the surface.
   */
  colouredFromIndex: 0,
  leastColouredScore: 80_000,
} as const;
