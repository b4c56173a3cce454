import { distanceToPlane_mm, imageToPatient, type Vec2, type Vec3 } from '@/geometry'

import {
  isOn,
  outlineOf,
  type Graphic,
  type GraphicLayer,
  type GraphicNote,
  type GraphicShutter,
} from '../graphics'
import type { StackView } from '../stackView'
import { element, fixed } from './svg'

const MARK_PX = 6
/** Half a slice; where its thickness is not known, this much. */
const NEAR_MM = 1
const DEFAULT_COLOUR = '#7dd3fc'
const LINE_HEIGHT = '1.25em'

/** What reports and presentation states draw on the shown picture. */
export function drawGraphics(
  view: StackView,
  layers: readonly GraphicLayer[],
): SVGElement[] {
  return layers.flatMap((layer) => [
    ...layer.shutters.flatMap((shutter) => drawShutter(view, shutter)),
    ...layer.graphics.flatMap((graphic) => drawGraphic(view, graphic, layer.unreviewed)),
    ...layer.notes.flatMap((note) => drawNote(view, note)),
  ])
}

/** From an image to the screen by way of its plane: turned, flipped and zoomed like the picture. */
function imagePlaces(view: StackView, points: readonly (readonly number[])[]): Vec2[] {
  const plane = view.shownFrame?.plane
  if (plane === undefined) return []
  return points.flatMap(([column, row]) => {
    const place = view.patientToCanvas(imageToPatient(plane, [column ?? 0, row ?? 0]))
    return place === null ? [] : [place]
  })
}

function spacePlaces(view: StackView, graphic: Graphic): Vec2[] {
  const plane = view.shownPlane
  const { series } = view.state
  const isSameSpace =
    graphic.frame_of_reference_uid !== '' &&
    series?.frame_of_reference_uid === graphic.frame_of_reference_uid
  if (plane === null || !isSameSpace || view.shownFrame?.plane_lps === null) return []
  const thickness_mm = view.shownFrame?.slice_thickness_mm ?? null
  const near_mm = thickness_mm === null ? NEAR_MM : Math.max(thickness_mm / 2, NEAR_MM)
  const isHere = graphic.points_lps.every(
    (point) => Math.abs(distanceToPlane_mm(plane, point)) <= near_mm,
  )
  if (!isHere) return []
  return outlineOf(graphic.shape, graphic.points_lps).points.flatMap((point) => {
    const place = view.patientToCanvas(point as unknown as Vec3)
    return place === null ? [] : [place]
  })
}

function placesOf(view: StackView, graphic: Graphic): Vec2[] {
  if (graphic.points_lps.length > 0) return spacePlaces(view, graphic)
  const frame = view.shownFrame
  if (frame === null || !isOn(graphic.images, frame)) return []
  return imagePlaces(view, outlineOf(graphic.shape, graphic.points_image).points)
}

function drawGraphic(view: StackView, graphic: Graphic, unreviewed: boolean): SVGElement[] {
  const places = placesOf(view, graphic)
  if (places.length === 0) return []
  const shape = outlineOf(
    graphic.shape,
    graphic.points_lps.length > 0 ? graphic.points_lps : graphic.points_image,
  )
  const group = element('g', {
    class: 'vw-graphic',
    'data-graphic': graphic.id,
    'data-unreviewed': String(unreviewed),
  })
  group.style.setProperty('--vw-colour', graphic.colour ?? DEFAULT_COLOUR)
  const d = shape.marks ? places.map(mark).join('') : path(places, shape.closed || graphic.filled)
  const fill = graphic.filled && !shape.marks ? ' vw-filled' : ''
  group.append(
    element('path', { d, class: 'vw-halo vw-open' }),
    element('path', { d, class: `vw-line vw-open${fill}` }),
  )
  if (graphic.lines.length > 0) group.append(words(graphic.lines, places, view.size.width))
  return [group]
}

const mark = ([x, y]: Vec2): string =>
  `M${fixed(x - MARK_PX)} ${fixed(y)}H${fixed(x + MARK_PX)}M${fixed(x)} ${fixed(y - MARK_PX)}V${fixed(y + MARK_PX)}`

const path = (places: readonly Vec2[], closed: boolean): string =>
  `M${places.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join('L')}${closed ? 'Z' : ''}`

/** The end of a drawing in one direction: `1` right, `-1` left. */
const extreme = (places: readonly Vec2[], way: 1 | -1): Vec2 =>
  places.reduce((best, place) => (way * (place[0] - best[0]) > 0 ? place : best))

/** About what the longest line takes, in CSS pixels: near enough to choose a side. */
const CHARACTER_PX = 7

/** Right of the drawing, or left where the right has no room; centred below where neither has. */
function words(lines: readonly string[], places: readonly Vec2[], width: number): SVGElement {
  const needed = Math.max(...lines.map((line) => line.length)) * CHARACTER_PX
  const [right, left_end] = [extreme(places, 1), extreme(places, -1)]
  const fitsRight = right[0] + 10 + needed <= width
  const fitsLeft = left_end[0] - 10 - needed >= 0
  const bottom = Math.max(...places.map(([, y]) => y))
  const [x, y, anchor] = fitsRight
    ? [right[0] + 10, right[1] + 4, 'start']
    : fitsLeft
      ? [left_end[0] - 10, left_end[1] + 4, 'end']
      : [width / 2, bottom + 18, 'middle']
  const left = fixed(x)
  const label = element('text', { x: left, y: fixed(y), class: 'vw-value', 'text-anchor': anchor })
  lines.forEach((line, at) =>
    label.append(
      element(
        'tspan',
        { x: left, ...(at > 0 ? { dy: LINE_HEIGHT, class: 'vw-caption' } : {}) },
        [line],
      ),
    ),
  )
  return label
}

function drawNote(view: StackView, note: GraphicNote): SVGElement[] {
  const frame = view.shownFrame
  if (frame === null || !isOn(note.images, frame)) return []
  const corners = imagePlaces(view, note.box)
  const [anchor] = note.anchor === null ? [] : imagePlaces(view, [note.anchor])
  const at: Vec2 | undefined =
    corners.length > 0
      ? [Math.min(...corners.map(([x]) => x)), Math.min(...corners.map(([, y]) => y)) + 14]
      : anchor && [anchor[0] + 12, anchor[1] - 8]
  if (at === undefined) return []
  const group = element('g', { class: 'vw-graphic', 'data-note': note.text.slice(0, 40) })
  group.style.setProperty('--vw-colour', note.colour ?? DEFAULT_COLOUR)
  if (anchor && corners.length > 0) {
    const d = path([anchor, [at[0], at[1] + 4]], false)
    group.append(element('path', { d, class: 'vw-line vw-open' }))
  }
  const label = element('text', { x: fixed(at[0]), y: fixed(at[1]), class: 'vw-value' })
  note.text.split(/\r?\n/).forEach((line, index) => {
    label.append(element('tspan', { x: fixed(at[0]), ...(index > 0 ? { dy: LINE_HEIGHT } : {}) }, [line]))
  })
  group.append(label)
  return [group]
}

/** Black everywhere but in the area: an even-odd hole in a sheet larger than any screen. */
function drawShutter(view: StackView, shutter: GraphicShutter): SVGElement[] {
  const frame = view.shownFrame
  if (frame === null || !isOn(shutter.images, frame)) return []
  const hole = imagePlaces(view, outlineOf(shutter.shape, shutter.points_image).points)
  if (hole.length < 3) return []
  const sheet = 'M-20000 -20000H20000V20000H-20000Z'
  return [
    element('path', {
      d: sheet + path(hole, true),
      class: 'vw-shutter',
      'fill-rule': 'evenodd',
      fill: '#000',
    }),
  ]
}
