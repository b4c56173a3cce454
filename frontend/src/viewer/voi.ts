/** Shown range of modality values (PS3.3 C.11.2), and inversion asked for by a person. */
export interface VoiWindow {
  readonly lower: number
  readonly upper: number
  readonly invert: boolean
}

export interface VoiRange {
  readonly lower: number
  readonly upper: number
}

/** The range of a Window Center and Width, LINEAR as in C.11.2.1.2.1 or LINEAR_EXACT. */
export function rangeFromWindow(centre: number, width: number, exact = false): VoiRange {
  if (exact) return { lower: centre - width / 2, upper: centre + width / 2 }
  const half = (Math.max(width, 1) - 1) / 2
  return { lower: centre - 0.5 - half, upper: centre - 0.5 + half }
}

/** The Center and Width that LINEAR shows as this range; all windows of the screen are told so. */
export function windowFromRange({ lower, upper }: VoiRange): { centre: number; width: number } {
  return { centre: (lower + upper) / 2 + 0.5, width: upper - lower + 1 }
}

export interface WindowPreset {
  /** Catalogue key of its name. */
  readonly name: string
  readonly range: VoiRange
  readonly invert?: boolean
}

const ct = (name: string, width: number, centre: number): WindowPreset => ({
  name,
  range: rangeFromWindow(centre, width),
})

const pet = (upper: number): WindowPreset => ({
  name: `suv${upper}`,
  range: { lower: 0, upper },
  invert: true,
})

/** Presets on the digit keys, in OHIF's order. */
export const CT_PRESETS: readonly WindowPreset[] = [
  ct('softTissue', 400, 40),
  ct('lung', 1500, -600),
  ct('liver', 150, 90),
  ct('bone', 2500, 480),
  ct('brain', 80, 40),
]

export const SUV_PRESETS: readonly WindowPreset[] = [pet(5), pet(3), pet(7), pet(10), pet(15)]

/** The first PET window, so that two people see the same before anybody has turned a knob. */
export const FIRST_SUV_RANGE: VoiRange = { lower: 0, upper: 5 }

/** Soft tissue, 400 and 40 as on the preset's key: what a CT opens with that names no window. */
export const FIRST_CT_RANGE: VoiRange = rangeFromWindow(40, 400)

/** Whether every value lies on one side of the window: the picture would be all black, or white. */
export const showsNothing = (
  { lower, upper }: VoiRange,
  values: { readonly minPixelValue: number; readonly maxPixelValue: number },
): boolean => values.maxPixelValue <= lower || values.minPixelValue >= upper

/**
 * A window from the values of one image where the file names none: the 1st to 99th percentile.
 * Of an image that is nearly all of one value, as a thin drawing on black, from the least to the
 * greatest: between two equal ends everything else would be as bright as the brightest.
 *
 * A sample of at most 20,000 pixels is enough and keeps opening fast.
 */
export function rangeFromPixels(pixels: ArrayLike<number>): VoiRange {
  const step = Math.max(1, Math.floor(pixels.length / 20_000))
  const sample: number[] = []
  for (let i = 0; i < pixels.length; i += step) {
    const value = pixels[i]
    if (value !== undefined && Number.isFinite(value)) sample.push(value)
  }
  sample.sort((a, b) => a - b)
  const lower = sample[Math.floor(sample.length * 0.01)] ?? 0
  const upper = sample[Math.ceil(sample.length * 0.99) - 1] ?? 1
  if (upper > lower) return { lower, upper }
  const [least, greatest] = extremesOf(pixels)
  return greatest > least ? { lower: least, upper: greatest } : { lower, upper: lower + 1 }
}

function extremesOf(pixels: ArrayLike<number>): readonly [number, number] {
  let [least, greatest] = [Infinity, -Infinity]
  for (let i = 0; i < pixels.length; i += 1) {
    const value = pixels[i] ?? NaN
    if (value < least && Number.isFinite(value)) least = value
    if (value > greatest && Number.isFinite(value)) greatest = value
  }
  return [least, greatest]
}

/** A drag of the window tool: right widens, down darkens the picture (raises the centre). */
export function draggedWindow(voi: VoiWindow, delta_x: number, delta_y: number): VoiWindow {
  const width = Math.max(voi.upper - voi.lower, 1e-6)
  const step = width / 256 < 0.5 ? width / 256 : Math.max(1, width / 400)
  const next = Math.max(width + delta_x * step, Math.min(width, step))
  const centre = (voi.lower + voi.upper) / 2 + delta_y * step
  return { lower: centre - next / 2, upper: centre + next / 2, invert: voi.invert }
}
