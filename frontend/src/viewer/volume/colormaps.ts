/** Maps of a value within its range to a colour; the names are the wire's. */
export const COLORMAPS = ['grey', 'hot', 'hot_iron', 'rainbow', 'viridis'] as const
export type ColormapName = (typeof COLORMAPS)[number]

/** Place (0 to 1), red, green, blue (0 to 255); linear in between. */
type Stop = readonly [number, number, number, number]

const even = (...colours: readonly number[]): Stop[] =>
  colours.map((colour, at) => [
    at / (colours.length - 1),
    colour >> 16,
    (colour >> 8) & 255,
    colour & 255,
  ])

const STOPS: Readonly<Record<ColormapName, readonly Stop[]>> = {
  grey: even(0x000000, 0xffffff),
  // Black body: red, then green, then blue rise in turn (Matplotlib `hot`).
  hot: [
    [0, 11, 0, 0],
    [0.365, 255, 0, 0],
    [0.746, 255, 255, 0],
    [1, 255, 255, 255],
  ],
  // PS3.6 B.1.1: red by 2 up to entry 127, green by 2 up to 255, blue by 4 from entry 192.
  hot_iron: [
    [0, 0, 0, 0],
    [128 / 255, 255, 0, 0],
    [192 / 255, 255, 128, 0],
    [1, 255, 255, 255],
  ],
  rainbow: even(0x0000ff, 0x00ffff, 0x00ff00, 0xffff00, 0xff0000),
  // Nine stops of viridis (S. van der Walt, N. Smith; CC0).
  viridis: even(
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaadc32, 0xfde725,
  ),
}

const tables = new Map<ColormapName, Uint8Array>()

/** 256 colours, three bytes each. */
export function colormapTable(name: ColormapName): Uint8Array {
  const known = tables.get(name)
  if (known !== undefined) return known
  const stops = STOPS[name]
  const table = new Uint8Array(256 * 3)
  for (let at = 0; at < 256; at += 1) {
    const place = at / 255
    const next = Math.max(
      1,
      stops.findIndex((stop) => stop[0] >= place),
    )
    const [low, high] = [stops[next - 1], stops[next]]
    if (low === undefined || high === undefined) continue
    const share = (place - low[0]) / (high[0] - low[0])
    for (let channel = 1; channel <= 3; channel += 1) {
      const [from, to] = [low[channel] ?? 0, high[channel] ?? 0]
      table[at * 3 + channel - 1] = Math.round(from + (to - from) * share)
    }
  }
  tables.set(name, table)
  return table
}
