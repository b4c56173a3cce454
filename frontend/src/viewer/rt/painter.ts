import {
  cameraPlane,
  imageToCanvas,
  isolines,
  onPlane,
  type ImagePlane,
  type RegistrationLink,
  type Vec2,
} from '@/geometry'

import { bridgeTo, onto, type Bridge } from '../elsewhere'
import type { StackView } from '../stackView'
import { samplePlane } from '../volume/sampling'
import { cssColour, doseColour } from './colours'
import { contoursOn, type PlacedContour } from './contours'
import type { DoseOverlay, RegionOverlay, RtLook, RtOverlays } from './overlays'
import { paintCut } from './planarPainter'
import { NAME_PX, OUTLINE_PX, write } from './words'

const ISODOSE_PX = 1.5
const POINT_PX = 5
/** Samples of the wash along each CSS pixel: a dose grid is far coarser than the screen. */
const SAMPLES_PER_PX = 0.5

/** Where the words of one isodose after the other stand, so that close lines keep theirs apart. */
const LABEL_SIDES: readonly Vec2[] = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
]

/** Draws the shown dose, then the structures, in device pixels; the canvas is cleared first. */
export function paintRadiotherapy(
  canvas: HTMLCanvasElement,
  view: StackView,
  overlays: RtOverlays,
  registrations: readonly RegistrationLink[],
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
  const space = view.state.series?.frame_of_reference_uid ?? null
  // A projection has no plane: what lay over it would lie nowhere.
  if (view.state.reformat?.kind === 'rotation') return
  if (space === null || view.state.camera === null) return
  const { dose, look } = overlays
  const bridge = dose && bridgeTo(registrations, space, dose.frame_of_reference_uid)
  if (dose !== null && bridge !== null) paintDose(context, view, dose, bridge, look, ratio)
  if (view.state.reformat !== null) {
    for (const region of overlays.regions) paintCut(context, view, region, look, ratio)
    return
  }
  const plane = view.shownFrame?.plane_lps ?? null
  if (plane === null) return
  for (const region of overlays.regions) {
    if (region.frame_of_reference_uid !== space) continue
    const placed = placedOn(plane, region)
    if (placed.length > 0) paintRegion(context, view, plane, placed, region, look, ratio)
  }
}

const known = new WeakMap<ImagePlane, WeakMap<RegionOverlay, PlacedContour[]>>()

function placedOn(plane: ImagePlane, region: RegionOverlay): PlacedContour[] {
  const ofPlane = known.get(plane) ?? new WeakMap<RegionOverlay, PlacedContour[]>()
  known.set(plane, ofPlane)
  const found = ofPlane.get(region) ?? contoursOn(plane, region.contours)
  ofPlane.set(region, found)
  return found
}

function paintRegion(
  context: CanvasRenderingContext2D,
  view: StackView,
  plane: ImagePlane,
  placed: readonly PlacedContour[],
  { colour, name }: RegionOverlay,
  look: RtLook,
  ratio: number,
): void {
  const { camera } = view.state
  if (camera === null) return
  const t = imageToCanvas(camera, view.size, plane)
  const at = ([column, row]: Vec2): Vec2 => [
    (t.a * column + t.c * row + t.e) * ratio,
    (t.b * column + t.d * row + t.f) * ratio,
  ]
  const [area, lines] = [new Path2D(), new Path2D()]
  let top: Vec2 = [0, Infinity]
  for (const { points, isClosed, isPoint } of placed) {
    const drawn = points.map(at)
    for (const point of drawn) if (point[1] < top[1]) top = point
    const [first] = drawn
    if (isPoint && first) {
      const reach = POINT_PX * ratio
      lines.moveTo(first[0] - reach, first[1])
      lines.lineTo(first[0] + reach, first[1])
      lines.moveTo(first[0], first[1] - reach)
      lines.lineTo(first[0], first[1] + reach)
      continue
    }
    const path = new Path2D()
    drawn.forEach(([x, y], index) => (index === 0 ? path.moveTo(x, y) : path.lineTo(x, y)))
    if (isClosed) path.closePath()
    lines.addPath(path)
    if (isClosed) area.addPath(path)
  }
  context.save()
  if (look.isFilled) {
    context.globalAlpha = look.opacity
    context.fillStyle = colour
    context.fill(area, 'evenodd')
    context.globalAlpha = 1
  }
  context.strokeStyle = colour
  context.lineWidth = OUTLINE_PX * ratio
  context.lineJoin = 'round'
  context.stroke(lines)
  context.restore()
  write(context, name, top[0], Math.max((NAME_PX + 2) * ratio, top[1] - 4 * ratio), colour, ratio)
}

function paintDose(
  context: CanvasRenderingContext2D,
  view: StackView,
  dose: DoseOverlay,
  bridge: Bridge,
  look: RtLook,
  ratio: number,
): void {
  const { camera } = view.state
  const shown = view.shownPlane
  if (camera === null || shown === null) return
  const lattice = cameraPlane(onPlane(camera, shown), view.size, SAMPLES_PER_PX)
  const { columns, rows } = lattice
  const values = samplePlane(dose.volume, onto(bridge, lattice))
  const wash = new ImageData(columns, rows)
  const alpha = Math.round(look.opacity * 255)
  values.forEach((gray, index) => {
    if (!(gray >= look.lower_gy) || gray <= 0) return
    const [red, green, blue] = doseColour(gray / dose.maximum_gy)
    wash.data.set([red, green, blue, alpha], index * 4)
  })
  const buffer = document.createElement('canvas')
  ;[buffer.width, buffer.height] = [columns, rows]
  buffer.getContext('2d')?.putImageData(wash, 0, 0)
  const { width, height } = context.canvas
  context.imageSmoothingEnabled = true
  context.drawImage(buffer, 0, 0, width, height)
  const [x_scale, y_scale] = [width / columns, height / rows]
  look.levels_gy.forEach((level, index) => {
    const lines = isolines(values, columns, rows, level)
    if (lines.length === 0) return
    const path = new Path2D()
    const [towards_x, towards_y] = LABEL_SIDES[index % LABEL_SIDES.length] ?? [0, -1]
    let label: Vec2 = [0, 0]
    let farthest = -Infinity
    for (let i = 0; i + 3 < lines.length; i += 4) {
      const [x0, y0] = [((lines[i] ?? 0) + 0.5) * x_scale, ((lines[i + 1] ?? 0) + 0.5) * y_scale]
      path.moveTo(x0, y0)
      path.lineTo(((lines[i + 2] ?? 0) + 0.5) * x_scale, ((lines[i + 3] ?? 0) + 0.5) * y_scale)
      const reach = towards_x * x0 + towards_y * y0
      if (reach > farthest) [farthest, label] = [reach, [x0, y0]]
    }
    const colour = cssColour(doseColour(level / dose.maximum_gy))
    context.strokeStyle = colour
    context.lineWidth = ISODOSE_PX * ratio
    context.stroke(path)
    write(context, levelWords(level, look), label[0], label[1] - 2 * ratio, colour, ratio)
  })
  paintBar(context, dose, look, ratio)
}

/** An isodose by its own measure: per cent of the reference, or Gy. */
export function levelWords(level_gy: number, { reference_gy }: RtLook): string {
  if (reference_gy === null) return `${Number(level_gy.toFixed(2))} Gy`
  return `${Number(((level_gy / reference_gy) * 100).toFixed(1))} %`
}

const BAR_PX = { width: 10, right: 76, top: 0.2, height: 0.24 } as const
const BAR_TICKS = 4

function paintBar(
  context: CanvasRenderingContext2D,
  dose: DoseOverlay,
  look: RtLook,
  ratio: number,
): void {
  const { width, height } = context.canvas
  const left = width - BAR_PX.right * ratio
  const [top, tall] = [height * BAR_PX.top, height * BAR_PX.height]
  const gradient = context.createLinearGradient(0, top + tall, 0, top)
  for (let step = 0; step <= 10; step += 1) {
    gradient.addColorStop(step / 10, cssColour(doseColour(step / 10)))
  }
  context.fillStyle = gradient
  context.fillRect(left, top, BAR_PX.width * ratio, tall)
  for (let tick = 0; tick <= BAR_TICKS; tick += 1) {
    const gray = (dose.maximum_gy * tick) / BAR_TICKS
    const y = top + tall - (tall * tick) / BAR_TICKS + 4 * ratio
    const unit = tick === BAR_TICKS ? ' Gy' : ''
    const x = left + (BAR_PX.width + 4) * ratio
    write(context, `${gray.toFixed(1)}${unit}`, x, y, '#e8e8e8', ratio, 'left')
  }
  if (look.lower_gy > 0) {
    const y = top + tall - (tall * look.lower_gy) / dose.maximum_gy
    context.fillStyle = '#ffffff'
    context.fillRect(left - 3 * ratio, y - ratio / 2, (BAR_PX.width + 6) * ratio, ratio)
  }
}
