/** ECharts wants colours, dark mode wants custom properties: these stand for them and are replaced in the SVG. */
export const chartColours = {
  label: '#000001',
  grid: '#000002',
  allowed: '#000003',
  outside: '#000004',
  series: ['#000010', '#000011', '#000012', '#000013', '#000014', '#000015'],
} as const;

const properties: Record<string, string> = {
  [chartColours.label]: 'var(--muted)',
  [chartColours.grid]: 'var(--line)',
  [chartColours.allowed]: 'var(--good)',
  [chartColours.outside]: 'var(--bad)',
  ...Object.fromEntries(chartColours.series.map((colour, i) => [colour, `var(--c${i})`])),
};

/**
 * ECharts' SVG without what a page of ours must not have: inline styles (the content security policy forbids them, and
 * the page's own sheet styles the letters), hover classes, the invisible lines under a band, and clip paths, whose ids
 * would count up with the process.
 */
export function cleanSvg(svg: string): string {
  return svg
    .replace(/<style[^>]*>.*?<\/style>|<defs\s*>.*?<\/defs>/gs, '')
    .replace(/<path [^>]*stroke-opacity="0"[^>]*><\/path>|<path d=""[^>]*><\/path>/g, '')
    .replace(
      / (?:style|class|pointer-events|ecmeta_\w+|clip-path|xml[:\w]*|version|baseProfile)="[^"]*"/g,
      '',
    )
    .replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true"')
    .replaceAll(/#0000[01][0-9]/g, (colour) => properties[colour] ?? colour)
    .replaceAll('\n', '');
}
