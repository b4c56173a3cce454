import {
  imageToPatient,
  fittingCamera,
  patientToImage,
  visible_mm,
  type PlaneCamera,
  type Vec2,
} from '@/geometry'
import type { StageState, Viewport } from '@/protocol/generated'

import type { FrameDescription } from './frames'
import type { StackView } from './stackView'
import { Newest, oncePainted } from './newest'
import type { Viewer } from './viewer'
import type { Reformat } from './volume/reformat'

/** Overlays are named by what they show: a finding by its id, a segment by its whole name. */
const FINDING_OVERLAY = 'finding:'
const SEGMENT_OVERLAY = 'segment:'
const STRUCTURE_OVERLAY = 'structure:'
const DOSE_OVERLAY = 'dose:'
const GRAPHICS_OVERLAY = 'graphics:'
const DRAWN_OVERLAY = 'drawn:'
const MOST_OVERLAYS = 64

/** Name of the mask that one segment of a segmentation has on one series. */
export const segmentMaskId = (segmentation: string, number: number, series: string): string =>
  `${SEGMENT_OVERLAY}${segmentation}:${number}:${series}`

/** Name of the mask of a segment that somebody draws. */
export const drawnMaskId = (segmentation: string, number: number): string =>
  `${DRAWN_OVERLAY}${segmentation}:${number}`

const hasOwnName = (name: string): boolean =>
  name.startsWith(SEGMENT_OVERLAY) || name.startsWith(DRAWN_OVERLAY)

/** Ids of the masks that a stage shows. */
export function masksShown(state: StageState): string[] {
  const names = state.viewports.flatMap((viewport) => viewport?.overlays ?? [])
  const ids = names.flatMap((name) => {
    if (hasOwnName(name)) return [name]
    return name.startsWith(FINDING_OVERLAY) ? [name.slice(FINDING_OVERLAY.length)] : []
  })
  return [...new Set(ids)]
}

/** Name of one region of a structure set, and of a dose, on the stage. */
export const structureId = (structure_set: string, number: number): string =>
  `${STRUCTURE_OVERLAY}${structure_set}:${number}`
export const doseId = (dose: string): string => `${DOSE_OVERLAY}${dose}`

/** Names of the structures and doses that a stage shows. */
export function radiotherapyShown(state: StageState): string[] {
  const names = state.viewports.flatMap((viewport) => viewport?.overlays ?? [])
  return [...new Set(names)].filter(
    (name) => name.startsWith(STRUCTURE_OVERLAY) || name.startsWith(DOSE_OVERLAY),
  )
}

/** Ids of the reports and presentation states that draw on a stage. */
export function graphicsShown(state: StageState): Set<string> {
  const names = state.viewports.flatMap((viewport) => viewport?.overlays ?? [])
  const drawing = names.filter((name) => name.startsWith(GRAPHICS_OVERLAY))
  return new Set(drawing.map((name) => name.slice(GRAPHICS_OVERLAY.length)))
}

const overlayOf = (id: string): string =>
  hasOwnName(id) ? id : `${FINDING_OVERLAY}${id}`

/** What this screen shows, in positions that mean the same on every other screen (LIVE-L1). */
export function stageOf(viewer: Viewer, extra: Pick<StageState, 'focus' | 'held' | 'hanging'>): StageState {
  const overlays = [
    ...viewer.visibleMasks.map(({ id }) => overlayOf(id)),
    ...viewer.rt.names,
    ...[...viewer.graphics.shownIds].map((id) => `${GRAPHICS_OVERLAY}${id}`),
  ].slice(0, MOST_OVERLAYS)
  const pages = viewer.documents.shownPages
  const { hanging, ...always } = extra
  return {
    layout: { ...viewer.layout },
    active_viewport: viewer.active,
    viewports: viewer.visibleViews.map((view) => viewportOf(viewer, view, overlays)),
    // Said only when it is so: a server of before refuses words that it does not know.
    ...(viewer.comparison.chosen ? { comparison: true } : {}),
    ...(pages.length > 0 ? { pages } : {}),
    ...(hanging ? { hanging } : {}),
    ...always,
  }
}

function viewportOf(viewer: Viewer, view: StackView, overlays: string[]): Viewport | null {
  const { series, camera, voi } = view.state
  const frame = view.targetFrame
  if (series === null || frame === null || camera === null) return null
  return {
    study_instance_uid: series.study_instance_uid,
    series_instance_uid: series.series_instance_uid,
    frame_of_reference_uid: frame.plane_lps === null ? null : series.frame_of_reference_uid,
    reference: { sop_instance_uid: frame.sop_instance_uid, frame: frame.frame },
    ...camerasOf(frame, camera),
    ...visibleOf(frame, visible_mm(camera, view.size)),
    voi: voi && { ...voi },
    overlays,
    ...planesOf(view),
    ...(viewer.cine.isPlaying(view) ? { cine: { ...viewer.cine.settingsOf(view) } } : {}),
  }
}

/** How much of the patient, or of the image, this screen shows (LIVE-V2). */
function visibleOf(
  frame: FrameDescription,
  [width, height]: Vec2,
): Pick<Viewport, 'visible_mm' | 'visible_px'> {
  if (frame.plane_lps !== null) return { visible_mm: [width, height] }
  const { column_spacing_mm, row_spacing_mm } = frame.plane
  return { visible_px: [width / column_spacing_mm, height / row_spacing_mm] }
}

/** Only where there are any: who knows nothing of planes is not told of them. */
function planesOf(view: StackView): Pick<Viewport, 'reformat' | 'fusion'> {
  const { reformat, fusion, planes } = view.state
  return {
    ...(reformat && { reformat: { ...reformat } }),
    // What is refused here is not seen here either.
    ...(fusion && planes.fusion_refusal === null && { fusion: { ...fusion, range: { ...fusion.range } } }),
  }
}

function camerasOf(
  frame: FrameDescription,
  camera: PlaneCamera,
): Pick<Viewport, 'camera' | 'image_camera'> {
  if (frame.plane_lps === null) {
    const [column, row] = patientToImage(frame.plane, camera.focal_point_lps)
    return {
      camera: null,
      image_camera: {
        center: [column, row],
        fit_px: camera.fit_mm / frame.plane.column_spacing_mm,
      },
    }
  }
  return {
    camera: {
      focal_point_lps: [...camera.focal_point_lps],
      view_up: [...camera.view_up],
      view_plane_normal: [...camera.view_plane_normal],
      fit_mm: camera.fit_mm,
      flip_horizontal: camera.flip_horizontal,
      flip_vertical: camera.flip_vertical,
    },
    image_camera: null,
  }
}

/** The camera of a received viewport on this frame, or null where it cannot be placed (LIVE-L2). */
export function cameraFrom(viewport: Viewport, frame: FrameDescription): PlaneCamera | null {
  if (viewport.camera !== null) {
    return frame.plane_lps === null ? null : { ...viewport.camera }
  }
  if (viewport.image_camera === null || frame.plane_lps !== null) return null
  const { center, fit_px } = viewport.image_camera
  return {
    ...fittingCamera(frame.plane, { width: 1, height: 1 }),
    focal_point_lps: imageToPatient(frame.plane, center),
    fit_mm: fit_px * frame.plane.column_spacing_mm,
  }
}

/** Applies received stages in order, the newest winning over one that still waits for a series. */
export class StageFollower {
  private readonly viewer: Viewer
  private turn = 0
  private readonly newest: Newest<StageState>

  constructor(viewer: Viewer) {
    this.viewer = viewer
    this.newest = new Newest<StageState>(
      (state) => this.show(state),
      (then) => oncePainted(() => viewer.visibleViews.every(isOnScreen), then),
    )
  }

  /** What comes while a picture is made replaces what waits: skipped, never queued (LIVE-V3). */
  apply(state: StageState): void {
    this.newest.offer(state)
  }

  private show(state: StageState): void {
    this.turn += 1
    const { viewer } = this
    viewer.setLayout(state.layout, 'program')
    viewer.comparison.choose(state.comparison ?? false, 'program')
    viewer.setActive(state.active_viewport, 'program')
    viewer.visibleViews.forEach((view, index) => {
      const viewport = state.viewports[index] ?? null
      if (viewport === null) this.empty(view, index)
      else void this.place(view, index, viewport, this.turn)
      viewer.cine.follow(view, viewport?.cine ?? null)
    })
    viewer.documents.follow(state.pages ?? [])
  }

  /** Nothing that is still on its way may move the screen any more. */
  stop(): void {
    this.turn += 1
    this.newest.discard()
    this.viewer.cine.followNobody()
    this.viewer.documents.followNobody()
  }

  private empty(view: StackView, index: number): void {
    this.viewer.supersede(index)
    if (view.state.status !== 'empty') view.clear()
  }

  private async place(
    view: StackView,
    index: number,
    viewport: Viewport,
    turn: number,
  ): Promise<void> {
    const { viewer } = this
    if (!viewer.library.has(viewport.series_instance_uid)) {
      viewer.supersede(index)
      view.clear('not_comparable')
      return
    }
    if (view.state.series?.series_instance_uid !== viewport.series_instance_uid) {
      const arrived = await viewer.show(
        index,
        viewport.series_instance_uid,
        'program',
        viewport.reference,
      )
      if (!arrived || turn !== this.turn) return
    }
    applyViewport(view, viewport)
    void viewer.planes.follow(view, viewport.fusion ?? null)
  }
}

/** Slice, camera and window of a view that already shows the series of `viewport`. */
export function applyViewport(view: StackView, viewport: Viewport): void {
  const { series } = view.state
  if (series === null) return
  const { sop_instance_uid, frame: number } = viewport.reference
  const index = series.frames.findIndex(
    (candidate) => candidate.sop_instance_uid === sop_instance_uid && candidate.frame === number,
  )
  const frame = series.frames[index]
  const sameSpace =
    viewport.frame_of_reference_uid === null ||
    viewport.frame_of_reference_uid === series.frame_of_reference_uid
  const camera = frame && cameraFrom(viewport, frame)
  if (frame === undefined || !sameSpace || !camera) {
    view.clear('not_comparable')
    return
  }
  view.setIndex(index, 'program')
  const wanted = viewport.reformat ?? null
  const isNew = !sameReformat(view.state.reformat, wanted)
  // A plane that is refused here is not shown as if it were an image: the camera stays.
  const lies = !isNew || view.setReformat(wanted, 'program', camera)
  if (lies) view.setCamera(camera, 'program')
  if (viewport.voi !== null) view.setVoi(viewport.voi, 'program')
}

/** Its picture is the one asked for, or none is to be waited for. */
function isOnScreen(view: StackView): boolean {
  const { status, series, index, shown_index, reformat } = view.state
  if (series === null || status === 'error' || view.rendererKind === null) return true
  // A plane's feed skips by itself.
  if (reformat !== null) return true
  return shown_index === index
}

const sameReformat = (a: Reformat | null, b: Reformat | null): boolean =>
  a?.kind === b?.kind && (a?.preset ?? null) === (b?.preset ?? null) && a?.projection === b?.projection && a?.slab_mm === b?.slab_mm
