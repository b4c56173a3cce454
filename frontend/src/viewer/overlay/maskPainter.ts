import { imageToCanvas, type ImagePlane } from '@/geometry'

import type { MaskSlice, MaskStore, MaskStyle } from '../masks'
import type { StackView } from '../stackView'
import { maskOnPlane, maskSlices } from '../volume/planarMask'
import { isWhole } from '../volume/reformat'

export interface ShownMask extends MaskStyle {
  readonly id: string
}

const FILL_OPACITY = 0.22
const HATCH_OPACITY = 0.55
const HATCH_PITCH_PX = 8
const OUTLINE_PX = 1.75
const HATCH_OUTLINE_DASH_PX = [5, 4]
const TAG_PX = 12
const TAG_HALO_PX = 3

/** Draws masks over a view, pixel edges exact, in device pixels. */
export function paintMasks(
  canvas: HTMLCanvasElement,
  view: StackView,
  store: MaskStore,
  masks: readonly ShownMask[],
): void {
  const { width, height } = view.size
  const ratio = window.devicePixelRatio || 1
  const [device_width, device_height] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== device_width) canvas.width = device_width
  if (canvas.height !== device_height) canvas.height = device_height
  const context = canvas.getContext('2d')
  if (context === null) return
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, canvas.width, canvas.height)
  const frame = view.shownFrame
  const plane = view.shownPlane
  const { camera, reformat } = view.state
  // Through a whole body a mask would lie over what it is not.
  if (plane === null || camera === null || isWhole(reformat)) return
  const t = imageToCanvas(camera, view.size, plane)
  const place = new DOMMatrix([
    t.a * ratio,
    t.b * ratio,
    t.c * ratio,
    t.d * ratio,
    t.e * ratio,
    t.f * ratio,
  ])
  for (const mask of masks) {
    const slice = frame ? store.sliceOf(mask.id, frame) : sliceOnPlane(view, store, mask.id)
    if (slice !== null) paintMask(context, place, slice, mask, ratio)
  }
}

const cuts = new WeakMap<StackView, Map<string, { plane: ImagePlane; slice: MaskSlice | null }>>()

/** The mask where a plane cuts it, computed once per plane. */
function sliceOnPlane(view: StackView, store: MaskStore, id: string): MaskSlice | null {
  const volume = store.volumeOf(id)
  const { series } = view.state
  const { grid } = view.planes
  const { stack, shownPlane: plane } = view
  if (!volume || !series || !grid || !stack || !plane) return null
  const known = cuts.get(view) ?? new Map<string, { plane: ImagePlane; slice: MaskSlice | null }>()
  cuts.set(view, known)
  const before = known.get(id)
  if (before?.plane === plane) return before.slice
  const images = series.frames.slice(stack.start, stack.start + stack.count)
  const slice = maskOnPlane(volume, maskSlices(volume, images), grid, plane)
  known.set(id, { plane, slice })
  return slice
}

function paintMask(
  context: CanvasRenderingContext2D,
  place: DOMMatrix,
  slice: MaskSlice,
  style: MaskStyle,
  ratio: number,
): void {
  const area = new Path2D()
  area.addPath(runsOf(slice), place)
  const outline = new Path2D()
  outline.addPath(outlineOf(slice), place)
  context.save()
  context.clip(area)
  context.globalAlpha = style.unreviewed ? HATCH_OPACITY : FILL_OPACITY
  if (style.unreviewed) strokeHatch(context, style.colour, ratio)
  else {
    context.fillStyle = style.colour
    context.fillRect(0, 0, context.canvas.width, context.canvas.height)
  }
  context.restore()
  context.save()
  context.strokeStyle = style.colour
  context.lineWidth = OUTLINE_PX * ratio
  if (style.unreviewed) context.setLineDash(HATCH_OUTLINE_DASH_PX.map((dash) => dash * ratio))
  context.stroke(outline)
  context.restore()
  if (style.tag !== null) writeTag(context, place, slice, style, ratio)
}

/** The tag just above the mask's topmost pixel, upright however the picture is turned. */
function writeTag(
  context: CanvasRenderingContext2D,
  place: DOMMatrix,
  slice: MaskSlice,
  style: MaskStyle,
  ratio: number,
): void {
  const { x, y } = topOnScreen(slice, place)
  context.save()
  context.font = `600 ${TAG_PX * ratio}px system-ui, sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'bottom'
  context.lineJoin = 'round'
  context.lineWidth = TAG_HALO_PX * ratio
  context.strokeStyle = 'rgba(0, 0, 0, 0.85)'
  context.fillStyle = style.colour
  const above = Math.max(TAG_PX * ratio, y - 3 * ratio)
  context.strokeText(style.tag ?? '', x, above)
  context.fillText(style.tag ?? '', x, above)
  context.restore()
}

/** The topmost place of a mask's outline on the canvas. */
export function topOnScreen({ outline }: MaskSlice, place: DOMMatrix): { x: number; y: number } {
  let [x, y] = [0, Infinity]
  for (let i = 0; i + 3 < outline.length; i += 4) {
    const column = ((outline[i] ?? 0) + (outline[i + 2] ?? 0)) / 2
    const row = ((outline[i + 1] ?? 0) + (outline[i + 3] ?? 0)) / 2
    const height = place.b * column + place.d * row + place.f
    if (height < y) [x, y] = [place.a * column + place.c * row + place.e, height]
  }
  return { x, y }
}

function strokeHatch(context: CanvasRenderingContext2D, colour: string, ratio: number): void {
  const { width, height } = context.canvas
  const pitch = HATCH_PITCH_PX * ratio
  context.strokeStyle = colour
  context.lineWidth = 1.25 * ratio
  context.beginPath()
  for (let x = -height; x < width; x += pitch) {
    context.moveTo(x, height)
    context.lineTo(x + height, 0)
  }
  context.stroke()
}

const runs = new WeakMap<MaskSlice, Path2D>()

/** The mask as rectangles, one for each run of pixels in a row. */
export function runsOf(slice: MaskSlice): Path2D {
  const known = runs.get(slice)
  if (known !== undefined) return known
  const path = new Path2D()
  const { values, rows, columns } = slice
  for (let row = 0; row < rows; row += 1) {
    let start = -1
    for (let column = 0; column <= columns; column += 1) {
      const inside = column < columns && values[row * columns + column] !== 0
      if (inside && start < 0) start = column
      if (!inside && start >= 0) {
        path.rect(start - 0.5, row - 0.5, column - start, 1)
        start = -1
      }
    }
  }
  runs.set(slice, path)
  return path
}

const segments = new WeakMap<MaskSlice, Path2D>()

/** The edges between inside and outside. */
export function outlineOf(slice: MaskSlice): Path2D {
  const known = segments.get(slice)
  if (known !== undefined) return known
  const path = new Path2D()
  const { outline } = slice
  for (let i = 0; i + 3 < outline.length; i += 4) {
    path.moveTo(outline[i] ?? 0, outline[i + 1] ?? 0)
    path.lineTo(outline[i + 2] ?? 0, outline[i + 3] ?? 0)
  }
  segments.set(slice, path)
  return path
}
