import { imageToPatient, mmPerPixel, patientToImage, type Vec3 } from '@/geometry'

import type { CineSettings } from './cine'
import { LINK_KINDS } from './linking'
import type { LinkReport } from './linkedScroll'
import { referenceLines, type ReferenceLine } from './overlay/referenceLines'
import type { ShownDocument } from './documents'
import { loadedCount } from './prefetch'
import { isPreview } from './preview'
import { stackAt } from './stacks'
import type { StackView, ViewStatus } from './stackView'
import type { Viewer } from './viewer'
import { describeSurface } from './solid/surfaces'
import type { Fusion, Reformat } from './volume/reformat'

/** What a viewport shows, in words a test can compare between two screens. No patient names. */
export interface ViewportReport {
  readonly index: number
  readonly status: ViewStatus
  readonly error: string | null
  readonly renderer: 'gpu' | 'canvas' | null
  /** Drawn by the server, lossy. */
  readonly preview: boolean
  readonly modality: string | null
  readonly unit: string | null
  readonly study_instance_uid: string | null
  readonly series_instance_uid: string | null
  readonly frame_of_reference_uid: string | null
  /** The image whose pixels are on the canvas. */
  readonly sop_instance_uid: string | null
  readonly frame: number | null
  /** The image that was asked for; equal to the shown one when nothing is on its way. */
  readonly target_sop_instance_uid: string | null
  readonly target_frame: number | null
  /** Within the stack. */
  readonly slice: number | null
  readonly slices: number
  readonly stack: number | null
  readonly stacks: number
  readonly loaded: number
  readonly focal_point_lps: readonly number[] | null
  readonly view_up: readonly number[] | null
  readonly view_plane_normal: readonly number[] | null
  readonly flip_horizontal: boolean
  readonly flip_vertical: boolean
  readonly fit_mm: number | null
  readonly mm_per_px: number | null
  readonly voi: { lower: number; upper: number; invert: boolean } | null
  readonly size: { width: number; height: number }
  readonly device_pixel_ratio: number
  readonly reformat: Reformat | null
  readonly fusion: Fusion | null
  readonly refusal: string | null
  readonly fusion_refusal: string | null
  /** Whether the plane that was asked for is there, at full resolution; null without planes. */
  readonly plane_settled: boolean | null
  readonly plane_ms: number | null
  /** Of a 3D picture: what it was reduced to, its times, its surfaces. */
  readonly solid: unknown
}

export interface CanvasPicture {
  readonly width: number
  readonly height: number
  /** Row by row, 0 to 255, the green of each device pixel. */
  readonly grey: number[]
}

/** Reading only; `window.__consilium`. */
export interface ReadingHook {
  readonly viewports: () => ViewportReport[]
  readonly layout: () => { rows: number; columns: number; active: number; maximised: number | null }
  readonly tool: () => string
  /** What is linked, and how each viewport follows the active one. */
  readonly links: () => { kinds: string[]; lines: boolean; views: (LinkReport | null)[] }
  /** Where the other pictures cut that of a viewport. */
  readonly references: (index: number) => ReferenceLine[]
  readonly cine: (index: number) => (CineSettings & { playing: boolean }) | null
  readonly comparing: () => boolean
  readonly measurements: () => {
    id: string
    kind: string
    sop_instance_uid: string | null
    frame: number
    points_lps: readonly (readonly number[])[] | null
    text: string
    pending: boolean
  }[]
  readonly masks: () => string[]
  /** Ids of the reports and presentation states that draw on the pictures. */
  readonly graphics: () => string[]
  readonly documents: () => (ShownDocument | null)[]
  readonly pointers: () => { user: string; point_lps: readonly number[] | null }[]
  /** Device pixels of a viewport's picture, without overlays. */
  readonly picture: (index: number) => CanvasPicture | null
  /** CSS position on the page of a patient point in a viewport. */
  readonly pageOf: (index: number, point_lps: [number, number, number]) => [number, number] | null
  /** Patient point under a CSS position on the page. */
  readonly patientAt: (index: number, page: [number, number]) => readonly number[] | null
  /** Values of the layers of a plane nearest to a patient point, and where exactly they lie. */
  readonly planeSample: (index: number, point_lps: Vec3) => unknown
  readonly colours: (index: number, points_lps: readonly Vec3[]) => (readonly number[] | null)[]
  readonly crosshair: () => readonly number[] | null
  /** Modality value under a patient point, after Modality LUT and SUV. */
  readonly valueAt: (index: number, image: [number, number]) => number | null
  /** Reports of other parts, by name (the live room registers `live`). */
  readonly [part: string]: unknown
}

declare global {
  interface Window {
    __consilium?: Readonly<Record<string, unknown>>
  }
}

function report(view: StackView, index: number): ViewportReport {
  const { series, camera, voi, status, error, shown_index } = view.state
  const frame = view.shownFrame
  const stack = series && stackAt(series.stacks, shown_index ?? view.state.index)
  return {
    index,
    status,
    error: error?.code ?? null,
    renderer: view.rendererKind,
    preview: view.state.reformat === null && isPreview(view.shownImage),
    modality: series?.modality ?? null,
    unit: series?.unit ?? null,
    study_instance_uid: series?.study_instance_uid ?? null,
    series_instance_uid: series?.series_instance_uid ?? null,
    frame_of_reference_uid: series?.frame_of_reference_uid ?? null,
    sop_instance_uid: frame?.sop_instance_uid ?? null,
    frame: frame?.frame ?? null,
    target_sop_instance_uid: view.targetFrame?.sop_instance_uid ?? null,
    target_frame: view.targetFrame?.frame ?? null,
    ...planesOf(view),
    slice: shown_index === null || view.state.reformat ? null : shown_index + 1 - (stack?.start ?? 0),
    slices: stack?.count ?? 0,
    stack: stack?.number ?? null,
    stacks: series?.stacks.length ?? 0,
    loaded: series ? loadedCount(series, stack) : 0,
    focal_point_lps: camera?.focal_point_lps ?? null,
    view_up: camera?.view_up ?? null,
    view_plane_normal: camera?.view_plane_normal ?? null,
    flip_horizontal: camera?.flip_horizontal ?? false,
    flip_vertical: camera?.flip_vertical ?? false,
    fit_mm: camera?.fit_mm ?? null,
    mm_per_px: camera ? mmPerPixel(camera, view.size) : null,
    voi: voi && { ...voi },
    size: view.size,
    device_pixel_ratio: window.devicePixelRatio,
  }
}

function planesOf(
  view: StackView,
): Pick<
  ViewportReport,
  'reformat' | 'fusion' | 'refusal' | 'fusion_refusal' | 'plane_settled' | 'plane_ms' | 'solid'
> {
  const { reformat, fusion, planes } = view.state
  return {
    reformat,
    fusion,
    refusal: planes.refusal?.code ?? null,
    fusion_refusal: planes.fusion_refusal?.code ?? null,
    plane_settled: reformat || fusion ? view.planes.isSettled : null,
    plane_ms: view.planes.shown?.took_ms ?? null,
    solid: reformat?.kind === 'solid' ? solidOf(view) : null,
  }
}

/** How a 3D picture is drawn, and what lies in it. */
function solidOf({ planes: { solid } }: StackView): unknown {
  return { reduction: solid.reduction, ...solid.timing, surfaces: solid.shownSurfaces.map(describeSurface) }
}

/** Colours of a picture with what is fused on it, under patient points. */
function coloursOf(view: StackView, points: readonly Vec3[]): (readonly number[] | null)[] {
  const box = boxOf(view)
  const canvases = [view.canvas(), view.planes.canvas()].filter((one) => one !== null)
  const [first] = canvases
  if (box === null || first === undefined) return points.map(() => null)
  const whole = document.createElement('canvas')
  whole.width = first.width
  whole.height = first.height
  const context = whole.getContext('2d')
  if (context === null) return points.map(() => null)
  for (const canvas of canvases) {
    if (canvas.style.display !== 'none') context.drawImage(canvas, 0, 0)
  }
  return points.map((point) => {
    const place = view.patientToCanvas(point)
    if (place === null) return null
    const x = Math.floor((place[0] * whole.width) / box.width)
    const y = Math.floor((place[1] * whole.height) / box.height)
    return [...context.getImageData(x, y, 1, 1).data]
  })
}

/** What a reformatted plane holds nearest to a patient point, and where exactly that lies. */
function sampleOf(view: StackView, point_lps: Vec3): unknown {
  const { shown } = view.planes
  if (shown === null) return null
  const { plane } = shown.request
  const place = patientToImage(plane, point_lps)
  const [column, row] = [Math.round(place[0]), Math.round(place[1])]
  if (column < 0 || row < 0 || column >= plane.columns || row >= plane.rows) return null
  const values = shown.values.map((one) => one[row * plane.columns + column] ?? null)
  return { point_lps: imageToPatient(plane, [column, row]), values, column, row }
}

function pictureOf(view: StackView): CanvasPicture | null {
  const canvas = view.canvas()
  const context = canvas?.getContext('2d')
  if (!canvas || !context || canvas.width === 0 || canvas.height === 0) return null
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const grey = Array.from({ length: data.length / 4 }, (_, i) => data[i * 4 + 1] ?? 0)
  return { width: canvas.width, height: canvas.height, grey }
}

const boxOf = (view: StackView): DOMRect | null => view.canvas()?.getBoundingClientRect() ?? null

/** Lets tests and support read what is on the screen. Nothing in it changes anything. */
export function installReadingHook(viewer: Viewer): () => void {
  const hook: ReadingHook = {
    viewports: () => viewer.visibleViews.map(report),
    layout: () => ({ ...viewer.layout, active: viewer.active, maximised: viewer.maximised }),
    tool: () => viewer.tool,
    links: () => ({
      kinds: LINK_KINDS.filter((kind) => viewer.linker.has(kind)),
      lines: viewer.linker.showsLines,
      views: viewer.visibleViews.map((view) => viewer.linker.reportOf(view)),
    }),
    references: (index) => {
      const view = viewer.visibleViews[index]
      const { visibleViews, activeView, registrations } = viewer
      return view ? referenceLines(view, visibleViews, activeView, registrations) : []
    },
    cine: (index) => {
      const view = viewer.visibleViews[index]
      return view
        ? {
            ...viewer.cine.settingsOf(view),
            playing: viewer.cine.isPlaying(view),
            followed: viewer.cine.isFollowed(view),
          }
        : null
    },
    comparing: () => viewer.comparison.chosen,
    measurements: () =>
      viewer.measurements.map(
        ({ id, kind, sop_instance_uid, frame, points_lps, text, pending }) => ({
          id,
          kind,
          sop_instance_uid,
          frame,
          points_lps,
          text,
          pending,
        }),
      ),
    rt: () => ({ shown: viewer.rt.regions.map(({ id }) => id), dose: viewer.rt.dose?.id ?? null }),
    masks: () => viewer.visibleMasks.map((mask) => mask.id),
    graphics: () => [...viewer.graphics.shownIds],
    documents: () => viewer.visibleViews.map((_, index) => viewer.documents.at(index)),
    pointers: () => viewer.people.pointers.map(({ user, point_lps }) => ({ user, point_lps })),
    picture: (index) => {
      const view = viewer.views[index]
      return view ? pictureOf(view) : null
    },
    pageOf: (index, point_lps) => {
      const view = viewer.views[index]
      const box = view && boxOf(view)
      const place = view?.patientToCanvas(point_lps)
      return box && place ? [box.left + place[0], box.top + place[1]] : null
    },
    patientAt: (index, [x, y]) => {
      const view = viewer.views[index]
      const box = view && boxOf(view)
      return view && box ? view.canvasToPatient([x - box.left, y - box.top]) : null
    },
    planeSample: (index, point_lps) => {
      const view = viewer.views[index]
      return view ? sampleOf(view, point_lps) : null
    },
    colours: (index, points_lps) => {
      const view = viewer.views[index]
      return view ? coloursOf(view, points_lps) : []
    },
    crosshair: () => viewer.planes.crosshair?.point_lps ?? null,
    valueAt: (index, [column, row]) => viewer.views[index]?.valueAt(column, row) ?? null,
  }
  publish(hook)
  return () => {
    for (const name of Object.keys(hook)) withdraw(name)
  }
}

/** Adds one more reading part, as the live room does. Returns its removal. */
export function publishReading(name: string, read: () => unknown): () => void {
  publish({ [name]: read })
  return () => withdraw(name)
}

function publish(parts: Readonly<Record<string, unknown>>): void {
  window.__consilium = Object.freeze({ ...window.__consilium, ...parts })
}

function withdraw(name: string): void {
  const { [name]: _gone, ...rest } = window.__consilium ?? {}
  window.__consilium = Object.freeze(rest)
}
