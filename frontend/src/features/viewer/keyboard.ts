import { isBrushTool } from '@/viewer/brush/brush'
import { toggleSolid } from '@/viewer/solid/commands'
import { isMeasuring, type MeasurementKind } from '@/viewer/tools'
import type { Tool, Viewer } from '@/viewer/viewer'
import { CT_PRESETS, draggedWindow, SUV_PRESETS, type WindowPreset } from '@/viewer/voi'

import { toggleCine } from './hanging/toggleCine'

/** What a key does, by catalogue key `viewer:keys.<action>`. */
export type Action =
  | 'nextImage'
  | 'previousImage'
  | 'firstImage'
  | 'lastImage'
  | 'tenForward'
  | 'tenBack'
  | 'nextViewport'
  | 'previousViewport'
  | 'viewportUp'
  | 'viewportDown'
  | 'viewportLeft'
  | 'viewportRight'
  | 'nextStack'
  | 'previousStack'
  | 'nextSeries'
  | 'previousSeries'
  | 'window'
  | 'pan'
  | 'zoom'
  | 'scroll'
  | 'crosshair'
  | 'planes'
  | 'solid'
  | 'fusion'
  | MeasurementKind
  | 'magnify'
  | 'label'
  | 'keyImage'
  | 'lesion'
  | 'brush'
  | 'eraser'
  | 'threshold'
  | 'brushSmaller'
  | 'brushLarger'
  | 'redo'
  | 'preset1'
  | 'preset2'
  | 'preset3'
  | 'preset4'
  | 'preset5'
  | 'windowWider'
  | 'windowNarrower'
  | 'windowLower'
  | 'windowHigher'
  | 'invert'
  | 'flipHorizontal'
  | 'flipVertical'
  | 'rotateRight'
  | 'rotateLeft'
  | 'zoomIn'
  | 'zoomOut'
  | 'fit'
  | 'reset'
  | 'maximise'
  | 'cancel'
  | 'remove'
  | 'undo'
  | 'nextHanging'
  | 'previousHanging'
  | 'link'
  | 'referenceLines'
  | 'cine'
  | 'nextCase'
  | 'previousCase'
  | 'nextView'
  | 'previousView'
  | 'addView'
  | 'foldLeft'
  | 'foldRight'
  | 'help'
  | LiveAction

/** Of a live session; elsewhere they do nothing. */
export type LiveAction = 'lookHere' | 'goThere' | 'returnToPresenter' | 'holdStage' | 'laser'
/** The laser is held, not pressed: its own hook listens. */
export type StageKeys = Readonly<Record<Exclude<LiveAction, 'laser'>, () => void>>

export interface Binding {
  /** `KeyboardEvent.key`, lower case, with `ctrl+` before it where needed. */
  readonly keys: readonly string[]
  readonly action: Action
  readonly group: 'images' | 'tools' | 'look' | 'screen' | 'live'
}

/** OHIF's defaults where OHIF has one. */
export const BINDINGS: readonly Binding[] = [
  { keys: ['arrowdown'], action: 'nextImage', group: 'images' },
  { keys: ['arrowup'], action: 'previousImage', group: 'images' },
  { keys: ['home'], action: 'firstImage', group: 'images' },
  { keys: ['end'], action: 'lastImage', group: 'images' },
  { keys: ['shift+arrowdown'], action: 'tenForward', group: 'images' },
  { keys: ['shift+arrowup'], action: 'tenBack', group: 'images' },
  { keys: ['arrowright'], action: 'nextViewport', group: 'images' },
  { keys: ['arrowleft'], action: 'previousViewport', group: 'images' },
  { keys: ['ctrl+arrowup'], action: 'viewportUp', group: 'images' },
  { keys: ['ctrl+arrowdown'], action: 'viewportDown', group: 'images' },
  { keys: ['ctrl+arrowleft'], action: 'viewportLeft', group: 'images' },
  { keys: ['ctrl+arrowright'], action: 'viewportRight', group: 'images' },
  { keys: ['c'], action: 'cine', group: 'images' },
  { keys: ['.'], action: 'nextStack', group: 'images' },
  { keys: [','], action: 'previousStack', group: 'images' },
  { keys: ['pagedown'], action: 'nextSeries', group: 'images' },
  { keys: ['pageup'], action: 'previousSeries', group: 'images' },
  { keys: ['w'], action: 'window', group: 'tools' },
  { keys: ['p'], action: 'pan', group: 'tools' },
  { keys: ['z'], action: 'zoom', group: 'tools' },
  { keys: ['s'], action: 'scroll', group: 'tools' },
  { keys: ['m'], action: 'length', group: 'tools' },
  { keys: ['b'], action: 'bidirectional', group: 'tools' },
  { keys: ['x'], action: 'crosshair', group: 'tools' },
  { keys: ['n'], action: 'planes', group: 'look' },
  { keys: ['shift+d'], action: 'solid', group: 'look' },
  { keys: ['u'], action: 'fusion', group: 'look' },
  { keys: ['a'], action: 'angle', group: 'tools' },
  { keys: ['shift+a'], action: 'cobb', group: 'tools' },
  { keys: ['d'], action: 'probe', group: 'tools' },
  { keys: ['e'], action: 'ellipse', group: 'tools' },
  { keys: ['shift+e'], action: 'rectangle', group: 'tools' },
  { keys: ['f'], action: 'freehand', group: 'tools' },
  { keys: ['shift+w'], action: 'arrow', group: 'tools' },
  { keys: ['shift+m'], action: 'magnify', group: 'tools' },
  { keys: ['t'], action: 'label', group: 'tools' },
  { keys: ['k'], action: 'keyImage', group: 'tools' },
  { keys: ['shift+s'], action: 'lesion', group: 'tools' },
  { keys: ['o'], action: 'brush', group: 'tools' },
  { keys: ['q'], action: 'eraser', group: 'tools' },
  { keys: ['shift+o'], action: 'threshold', group: 'tools' },
  { keys: ['<'], action: 'brushSmaller', group: 'tools' },
  { keys: ['>'], action: 'brushLarger', group: 'tools' },
  { keys: ['escape'], action: 'cancel', group: 'tools' },
  { keys: ['backspace', 'delete'], action: 'remove', group: 'tools' },
  { keys: ['ctrl+z'], action: 'undo', group: 'tools' },
  { keys: ['ctrl+y', 'ctrl+shift+z'], action: 'redo', group: 'tools' },
  { keys: ['1'], action: 'preset1', group: 'look' },
  { keys: ['2'], action: 'preset2', group: 'look' },
  { keys: ['3'], action: 'preset3', group: 'look' },
  { keys: ['4'], action: 'preset4', group: 'look' },
  { keys: ['5'], action: 'preset5', group: 'look' },
  { keys: ['ctrl+shift+arrowright'], action: 'windowWider', group: 'look' },
  { keys: ['ctrl+shift+arrowleft'], action: 'windowNarrower', group: 'look' },
  { keys: ['ctrl+shift+arrowup'], action: 'windowLower', group: 'look' },
  { keys: ['ctrl+shift+arrowdown'], action: 'windowHigher', group: 'look' },
  { keys: ['i'], action: 'invert', group: 'look' },
  { keys: ['h'], action: 'flipHorizontal', group: 'look' },
  { keys: ['v'], action: 'flipVertical', group: 'look' },
  { keys: ['r'], action: 'rotateRight', group: 'look' },
  { keys: ['l'], action: 'rotateLeft', group: 'look' },
  { keys: ['+'], action: 'zoomIn', group: 'look' },
  { keys: ['-'], action: 'zoomOut', group: 'look' },
  { keys: ['='], action: 'fit', group: 'look' },
  { keys: [' '], action: 'reset', group: 'look' },
  { keys: ['enter'], action: 'maximise', group: 'screen' },
  { keys: ['shift+arrowright'], action: 'nextHanging', group: 'screen' },
  { keys: ['shift+arrowleft'], action: 'previousHanging', group: 'screen' },
  { keys: ['y'], action: 'link', group: 'screen' },
  { keys: ['j'], action: 'referenceLines', group: 'screen' },
  { keys: ['shift+n'], action: 'nextCase', group: 'screen' },
  { keys: ['shift+b'], action: 'previousCase', group: 'screen' },
  { keys: ['g'], action: 'nextView', group: 'screen' },
  { keys: ['shift+g'], action: 'previousView', group: 'screen' },
  { keys: ['shift+k'], action: 'addView', group: 'screen' },
  { keys: ['['], action: 'foldLeft', group: 'screen' },
  { keys: [']'], action: 'foldRight', group: 'screen' },
  { keys: ['?'], action: 'help', group: 'screen' },
  { keys: ['shift+p'], action: 'lookHere', group: 'live' },
  { keys: ['shift+t'], action: 'goThere', group: 'live' },
  { keys: ['shift+r'], action: 'returnToPresenter', group: 'live' },
  { keys: ['shift+h'], action: 'holdStage', group: 'live' },
  { keys: ['shift+l'], action: 'laser', group: 'live' },
]

/** The name of a key press as the bindings write it. Signs already contain their Shift. */
export function keyNameOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey'>,
): string {
  const key = event.key.toLowerCase()
  if (event.ctrlKey || event.metaKey) {
    return event.shiftKey && /^(arrow.+|[a-z])$/.test(key) ? `ctrl+shift+${key}` : `ctrl+${key}`
  }
  return event.shiftKey && /^(arrow.+|[a-z])$/.test(key) ? `shift+${key}` : key
}

const NO_PRESETS: readonly WindowPreset[] = []

/** Presets of the digit keys for what the active viewport shows. */
export function presetsFor(viewer: Viewer): readonly WindowPreset[] {
  const series = viewer.activeView?.state.series
  if (series?.unit === 'HU') return CT_PRESETS
  if (series?.unit === 'SUVbw g/mL') return SUV_PRESETS
  return NO_PRESETS
}

export function applyPreset(viewer: Viewer, preset: WindowPreset): void {
  const view = viewer.activeView
  const invert = preset.invert ?? view?.state.voi?.invert ?? false
  view?.setVoi({ ...preset.range, invert }, 'user')
}

/** Actions of the screen around the images. */
export interface RoomActions {
  readonly hangingStep: (by: 1 | -1) => void
  readonly showSeries: (step: 1 | -1) => void
  /** To the next case of the agenda, or of the worklist. */
  readonly stepCase: (by: 1 | -1) => void
  /** Views that were left, or prepared: the next one, and this one put to them. */
  readonly stepView: (by: 1 | -1) => void
  readonly addView: () => void
  readonly toggleFusion: () => void
  readonly remove: () => void
  readonly undo: () => void
  /** Name the selected measurement, or the last one drawn. */
  readonly label: () => void
  /** Mark the shown image as a key image, or take the mark away. */
  readonly keyImage: () => void
  /** Say which lesion the selected measurement, or the last one drawn, is of. */
  readonly lesion: () => void
  readonly redo: () => void
  readonly fold: (side: 'left' | 'right') => void
  readonly help: () => void
  readonly cancel: () => void
  readonly live?: StageKeys
}

const HANDS: readonly string[] = ['window', 'pan', 'zoom', 'scroll', 'magnify']
const isTool = (action: string): action is Tool =>
  HANDS.includes(action) || isMeasuring(action) || isBrushTool(action)

/** The tool, with a point to move where there is none yet. */
function pickCrosshair(viewer: Viewer): void {
  if (viewer.planes.crosshair === null) viewer.planes.toggleCrosshair()
  viewer.setTool('crosshair')
}

/** Three planes of the active series, or its images alone again. */
function togglePlanes(viewer: Viewer): void {
  const { activeView: view } = viewer
  const uid = view?.state.series?.series_instance_uid
  if (!view || !uid) return
  if (view.state.reformat === null) void viewer.planes.hangMpr(uid)
  else viewer.planes.orient(view, null)
}

/** As if the hand with the window tool had gone this far: one press is seen, and no jump. */
const WINDOW_STEP_PX = 16

function turnWindow(viewer: Viewer, wider: number, higher: number): void {
  const view = viewer.activeView
  const voi = view?.state.voi
  if (voi) view.setVoi(draggedWindow(voi, wider * WINDOW_STEP_PX, higher * WINDOW_STEP_PX), 'user')
}

const ZOOM_STEP = 1.15
const PRESET_KEY = /^preset([1-5])$/

export function perform(action: Action, viewer: Viewer, room: RoomActions): void {
  if (viewer.documents.perform(viewer.active, action)) return
  const view = viewer.activeView
  if (action === 'crosshair') return pickCrosshair(viewer)
  if (isTool(action)) return viewer.setTool(action)
  const preset = PRESET_KEY.exec(action)
  if (preset) {
    const chosen = presetsFor(viewer)[Number(preset[1]) - 1]
    if (chosen) applyPreset(viewer, chosen)
    return
  }
  const count = viewer.visibleViews.length
  const acts: Partial<Record<Action, () => void>> = {
    nextImage: () => view?.scroll(1),
    previousImage: () => view?.scroll(-1),
    tenForward: () => view?.scroll(10),
    tenBack: () => view?.scroll(-10),
    firstImage: () => view?.scrollToEnd('first'),
    lastImage: () => view?.scrollToEnd('last'),
    nextStack: () => view?.stepStack(1),
    previousStack: () => view?.stepStack(-1),
    nextViewport: () => viewer.setActive((viewer.active + 1) % count, 'program'),
    previousViewport: () => viewer.setActive((viewer.active + count - 1) % count, 'program'),
    viewportUp: () => viewer.moveActive(-1, 0),
    viewportDown: () => viewer.moveActive(1, 0),
    viewportLeft: () => viewer.moveActive(0, -1),
    viewportRight: () => viewer.moveActive(0, 1),
    nextHanging: () => room.hangingStep(1),
    previousHanging: () => room.hangingStep(-1),
    link: () => viewer.linker.toggle('scroll'),
    referenceLines: () => viewer.linker.setLines(!viewer.linker.showsLines),
    cine: () => view && toggleCine(viewer, view),
    nextSeries: () => room.showSeries(1),
    previousSeries: () => room.showSeries(-1),
    nextView: () => room.stepView(1),
    previousView: () => room.stepView(-1),
    addView: room.addView,
    nextCase: () => room.stepCase(1),
    previousCase: () => room.stepCase(-1),
    windowWider: () => turnWindow(viewer, 1, 0),
    windowNarrower: () => turnWindow(viewer, -1, 0),
    windowLower: () => turnWindow(viewer, 0, -1),
    windowHigher: () => turnWindow(viewer, 0, 1),
    invert: () => view?.invert(),
    flipHorizontal: () => view?.flip('horizontal'),
    flipVertical: () => view?.flip('vertical'),
    rotateRight: () => view?.rotate(90),
    rotateLeft: () => view?.rotate(-90),
    zoomIn: () => view?.zoom(ZOOM_STEP),
    zoomOut: () => view?.zoom(1 / ZOOM_STEP),
    fit: () => view?.fit(),
    reset: () => view?.reset(),
    maximise: () => viewer.toggleMaximised(viewer.active),
    planes: () => togglePlanes(viewer),
    solid: () => toggleSolid(viewer),
    fusion: room.toggleFusion,
    cancel: room.cancel,
    remove: room.remove,
    undo: room.undo,
    label: room.label,
    keyImage: room.keyImage,
    lesion: room.lesion,
    redo: room.redo,
    brushSmaller: () => viewer.brush.resize(-1),
    brushLarger: () => viewer.brush.resize(1),
    foldLeft: () => room.fold('left'),
    foldRight: () => room.fold('right'),
    help: room.help,
    ...room.live,
  }
  acts[action]?.()
}
