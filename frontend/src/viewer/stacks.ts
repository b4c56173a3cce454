import { nearestPlaneIndex, type ImagePlane, type PlaneCamera } from '@/geometry'

/** One thing that sets a stack apart: its orientation, its b-value, its time. */
export interface StackFacet {
  readonly axis: string
  readonly value: number | string | null
  /** Which of its kind, from 1. */
  readonly number: number
}

export interface StackWarning {
  readonly code: string
  readonly message: string
}

/** A stack as the server names it; `frames` are pairs of instance (from 0) and frame (from 1). */
export interface WireStack {
  readonly number: number
  readonly facets: readonly StackFacet[]
  readonly is_volume: boolean
  readonly warnings: readonly StackWarning[]
  readonly frames: readonly number[]
}

/** Frames of a series that are scrolled together: a run of its frames. */
export interface StackDescription {
  readonly number: number
  readonly facets: readonly StackFacet[]
  readonly is_volume: boolean
  readonly warnings: readonly StackWarning[]
  /** Index of its first frame in the series. */
  readonly start: number
  readonly count: number
}

/** Differences in time: what was windowed for one is windowed for the next. */
const TIME_AXES = new Set([
  'temporal_position',
  'trigger_time_ms',
  'acquisition_number',
  'acquired_at',
  'gradient_direction',
  'unnamed',
])

/**
 * The frames of a series, stack by stack, and the stacks. What the server placed nowhere (images
 * that no decoder reads) comes last, by itself.
 */
export function arrangeStacks<Frame>(
  instances: readonly (readonly Frame[])[],
  stacks: readonly WireStack[],
): { frames: Frame[]; stacks: StackDescription[] } {
  const left = new Set(instances.flat())
  const frames: Frame[] = []
  const described: StackDescription[] = []
  const close = (stack: Omit<StackDescription, 'start' | 'count'>, own: Frame[]) => {
    if (own.length === 0) return
    const { number, facets, is_volume, warnings } = stack
    const [start, count] = [frames.length, own.length]
    described.push({ number, facets, is_volume, warnings, start, count })
    frames.push(...own)
  }
  for (const stack of stacks) {
    const own: Frame[] = []
    for (let at = 0; at + 1 < stack.frames.length; at += 2) {
      const frame = instances[stack.frames[at] ?? -1]?.[(stack.frames[at + 1] ?? 0) - 1]
      if (frame !== undefined && left.delete(frame)) own.push(frame)
    }
    close(stack, own)
  }
  const facets = described.length === 0 ? [] : [{ axis: 'undecodable', value: null, number: 1 }]
  const number = stacks.length + 1
  close({ number, facets, is_volume: false, warnings: [] }, [...left])
  return { frames, stacks: described }
}

/** The stack that a frame of the series is in. */
export function stackAt(
  stacks: readonly StackDescription[],
  index: number,
): StackDescription | null {
  return stacks.find(({ start, count }) => index >= start && index < start + count) ?? null
}

/** Whether one window suits both: they differ in nothing but time. */
export function shareWindow(a: StackDescription, b: StackDescription): boolean {
  const key = (stack: StackDescription): string =>
    JSON.stringify(
      stack.facets.filter(({ axis }) => !TIME_AXES.has(axis)).map(({ axis, number }) => [axis, number]),
    )
  return key(a) === key(b)
}

/** Index in the series of the image of a stack nearest to what is looked at; else its middle. */
export function nearestInStack(
  series: { readonly frames: readonly { readonly plane_lps: ImagePlane | null }[] },
  { start, count }: StackDescription,
  camera: PlaneCamera | null,
): number {
  const planes = series.frames.slice(start, start + count).map((frame) => frame.plane_lps)
  const nearest = camera && nearestPlaneIndex(planes, camera.focal_point_lps)
  return start + (nearest ?? Math.floor((count - 1) / 2))
}

/** Axes along which the same slices are there again, later. */
const CLOCK_AXES = new Set(['temporal_position', 'trigger_time_ms', 'acquisition_number', 'acquired_at'])

/** The time points of a 4D series at the place of `stack`, itself among them, in their order. */
export function timeSiblings(
  stacks: readonly StackDescription[],
  stack: StackDescription,
): StackDescription[] {
  const isTimed = (one: StackDescription): boolean =>
    one.facets.some(({ axis }) => CLOCK_AXES.has(axis) || axis === 'unnamed')
  if (!isTimed(stack)) return [stack]
  return stacks.filter(
    (one) => one === stack || (isTimed(one) && one.count === stack.count && shareWindow(one, stack)),
  )
}
