import type { ViewState } from '../viewState'
import type { VoiRange } from '../voi'
import { colormapTable, type ColormapName } from './colormaps'

export interface BasePaint {
  readonly values: ArrayLike<number>
  readonly range: VoiRange
  readonly inverted: boolean
  /** Other colours than grey, of a parametric map. */
  readonly colormap: ColormapName | null
  /** Grey where the volume is not: black on planes, the ground of a projection. */
  readonly outside: number
}

export interface OverlayPaint {
  readonly values: Float32Array
  readonly range: VoiRange
  readonly colormap: ColormapName
  /** 0 to 1. */
  readonly opacity: number
}

/** The values of a plane in the window of its view. */
export function basePaintOf(
  { voi, series, reformat, fusion, index }: ViewState,
  values: ArrayLike<number>,
): BasePaint | null {
  if (voi === null || series === null) return null
  const photometric = series.frames[index]?.layout.photometric_interpretation
  const inverted = voi.invert !== (photometric === 'MONOCHROME1')
  const outside = reformat?.kind === 'rotation' && inverted ? 255 : 0
  // Two colour scales over each other could not be read.
  const colormap = (fusion === null ? series.map?.colormap : null) ?? null
  return { values, range: voi, inverted, outside, colormap }
}

/** Values below the range of an overlay, and places outside its volume, leave the base as it is. */
export function paintPlane(
  target: Uint8ClampedArray,
  base: BasePaint | null,
  overlay: OverlayPaint | null,
): void {
  if (base === null) target.fill(0)
  else paintBase(target, base)
  if (overlay !== null) paintOverlay(target, overlay, base !== null)
}

function paintBase(
  target: Uint8ClampedArray,
  { values, range, inverted, outside, colormap }: BasePaint,
): void {
  const table = colormapTable(colormap ?? 'grey')
  const gain = 255 / Math.max(range.upper - range.lower, 1e-9)
  const flip = inverted ? 255 : 0
  const words = new Uint32Array(target.buffer, target.byteOffset, values.length)
  for (let i = 0; i < words.length; i += 1) {
    const shown = ((values[i] as number) - range.lower) * gain
    // NaN fails every comparison but this one.
    const grey =
      shown !== shown ? outside : (shown <= 0 ? 0 : shown >= 255 ? 255 : (shown + 0.5) | 0) ^ flip
    if (colormap === null || shown !== shown) {
      words[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey
      continue
    }
    const [red, green, blue] = [table[grey * 3], table[grey * 3 + 1], table[grey * 3 + 2]]
    words[i] = 0xff000000 | ((blue as number) << 16) | ((green as number) << 8) | (red as number)
  }
}

function paintOverlay(
  target: Uint8ClampedArray,
  { values, range, colormap, opacity }: OverlayPaint,
  onBase: boolean,
): void {
  const table = colormapTable(colormap)
  const gain = 255 / Math.max(range.upper - range.lower, 1e-9)
  const rest = 1 - opacity
  const alpha = opacity * 255
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number
    if (!(value >= range.lower)) continue
    const shown = (value - range.lower) * gain
    const entry = (shown >= 255 ? 255 : (shown + 0.5) | 0) * 3
    const at = i * 4
    for (let channel = 0; channel < 3; channel += 1) {
      const colour = table[entry + channel] as number
      target[at + channel] = onBase
        ? (target[at + channel] as number) * rest + colour * opacity
        : colour
    }
    if (!onBase) target[at + 3] = alpha
  }
}
