/** Stops of the dose scale, cold to hot; lightness rises all the way up to yellow. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [40, 60, 200],
  [0, 160, 230],
  [0, 200, 120],
  [240, 230, 60],
  [255, 140, 30],
  [235, 45, 45],
]

/** Colour of a part (0 to 1) of the scale. */
export function doseColour(part: number): readonly [number, number, number] {
  const place = Math.min(1, Math.max(0, part)) * (STOPS.length - 1)
  const at = Math.min(STOPS.length - 2, Math.floor(place))
  const [low, high] = [STOPS[at], STOPS[at + 1]]
  if (low === undefined || high === undefined) return [255, 255, 255]
  const share = place - at
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(low[channel] + (high[channel] - low[channel]) * share)
  return [mix(0), mix(1), mix(2)]
}

export const cssColour = ([red, green, blue]: readonly [number, number, number]): string =>
  `rgb(${red}, ${green}, ${blue})`
