export interface ScaleBar {
  readonly length_mm: number
  readonly length_px: number
  readonly label: string
}

const STEPS = [1, 2, 5]

/** The longest round length (1, 2, 5 × 10ⁿ mm) that fits into `room_px`. */
export function scaleBarFor(mm_per_px: number, room_px: number): ScaleBar | null {
  if (!(mm_per_px > 0) || !(room_px > 0)) return null
  const room_mm = mm_per_px * room_px
  const decade = 10 ** Math.floor(Math.log10(room_mm))
  const length_mm = Math.max(...STEPS.map((step) => step * decade).filter((mm) => mm <= room_mm))
  if (!Number.isFinite(length_mm)) return null
  return { length_mm, length_px: length_mm / mm_per_px, label: labelOf(length_mm) }
}

/** On a slide a millimetre is long. */
function labelOf(length_mm: number): string {
  if (length_mm >= 10) return `${length_mm / 10} cm`
  if (length_mm < 0.1) return `${Number((length_mm * 1000).toPrecision(1))} µm`
  return `${Number(length_mm.toPrecision(1))} mm`
}
