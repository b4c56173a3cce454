import { useDeferredValue, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Series, Study } from '@/api/types'
import { isBrushTool } from '@/viewer/brush/brush'
import { initViewer } from '@/viewer/engine'
import { installReadingHook } from '@/viewer/testHook'
import { usePreferences } from '@/ui/preferences'
import type { Viewer } from '@/viewer/viewer'

import { pictureSeries } from './caseImages'
import { CompanionButton } from './CompanionButton'
import type { HangingControl } from './hanging/useHanging'
import type { RoomActions, StageKeys } from './keyboard'
import { KeyboardHelp } from './KeyboardHelp'
import type { ViewSteps } from './tours/useTourRoom'
import { toggleKeyImage, type KeyImageStore } from './keyImageStore'
import { LabelDialog } from './LabelDialog'
import { AssignDialog } from './lesions/AssignDialog'
import type { LesionStore } from './lesions/lesionStore'
import type { MaskLayer } from './maskLayers'
import type { MeasurementStore } from './measurementStore'
import { fusionCandidates } from './planes/candidates'
import { Toolbar } from './Toolbar'
import { useHeldFocus } from './useHeldFocus'
import { useViewerKeys } from './useViewerKeys'
import { ViewportGrid } from './ViewportGrid'
import classes from './viewer.module.css'

interface ImageRoomProps {
  caseId: string
  viewer: Viewer
  studies: readonly Study[]
  shownMasks: readonly MaskLayer[]
  store: MeasurementStore
  keyImages: KeyImageStore
  lesions?: LesionStore
  hanging: HangingControl
  onStepCase: (by: 1 | -1) => void
  /** Views to be walked with a key; none in a replay. */
  views?: ViewSteps
  /** Undo and redo of the brush, while one is in the hand. */
  strokes: { undo: () => unknown; redo: () => unknown }
  deidentified: boolean
  /** Keys of a live session. */
  live?: StageKeys
  header: ReactNode
  left: ReactNode
  right: ReactNode
  /** At the right end of the toolbar. */
  /** Between header and images: reconnecting, not following. */
  notice?: ReactNode
}

/** The room around the images, the same in the viewer and in a live session. */
export function ImageRoom(props: ImageRoomProps) {
  const { viewer, studies, store, keyImages, hanging, strokes, header, left, right, notice } = props
  const { onStepCase, views, live, lesions } = props
  const { t } = useTranslation('viewer')
  const presentation = usePreferences((state) => state.presentation)
  const [folded, setFolded] = useState(() => foldedAtFirst(presentation))
  const [help, setHelp] = useState(false)
  // Identity and pictures first; what stands around them a moment later, in pauses of theirs.
  const isFurnished = useDeferredValue(true, false)
  const [naming, setNaming] = useState<string | null>(null)
  const [assigning, setAssigning] = useState<string | null>(null)
  useEffect(() => {
    initViewer()
    return installReadingHook(viewer)
  }, [viewer])

  useEffect(() => {
    const query = window.matchMedia(DRAWERS)
    // Turned upright, or made small: what stood beside the picture would now lie over it.
    const onChange = (): void => setFolded(foldedAtFirst(false))
    query.addEventListener('change', onChange)
    return () => query.removeEventListener('change', onChange)
  }, [])
  useEffect(() => {
    if (window.matchMedia(COARSE).matches) viewer.setTool('scroll')
  }, [viewer])

  const room = useMemo<RoomActions>(
    () => ({
      toggleFusion: () => toggleFusion(viewer, studies),
      hangingStep: hanging.step,
      stepCase: onStepCase,
      stepView: (by) => views?.step(by),
      addView: () => views?.add(),
      showSeries: (step) => showNextSeries(viewer, studies, step),
      remove: () => removeSelected(viewer, store),
      undo: () => (isBrushTool(viewer.tool) ? strokes.undo() : store.write?.undo()),
      redo: () => (isBrushTool(viewer.tool) ? strokes.redo() : store.write?.redo?.()),
      label: () => setNaming(store.write && toName(viewer, store)),
      keyImage: () => toggleKeyImage(viewer, keyImages),
      lesion: () => setAssigning(lesions?.write && store.write ? viewer.selected : null),
      fold: (side) => setFolded((before) => foldedBy(before, side)),
      help: () => setHelp((before) => !before),
      cancel: () => {
        viewer.drawing.cancel()
        viewer.select(null)
        viewer.setTool('window')
      },
      live,
    }),
    [viewer, studies, store, keyImages, lesions, hanging, strokes, onStepCase, views, live],
  )
  useViewerKeys(viewer, room)
  const images = useHeldFocus(viewer)

  return (
    <div className={classes.room}>
      <h1 className="c-visually-hidden">{t('devices:room.title')}</h1>
      {header}
      {notice}
      <div className={classes.body}>
        {!folded.left && (
          <aside className={classes.left} aria-label={t('room.left')}>
            {isFurnished && left}
          </aside>
        )}
        <div className={classes.images} ref={images}>
          <ViewportGrid
            viewer={viewer}
            deidentified={props.deidentified}
            shownMasks={props.shownMasks}
            studies={studies}
            keyImages={keyImages}
          />
        </div>
        {!folded.right && (
          <aside className={classes.right} aria-label={t('room.right')}>
            {isFurnished && right}
          </aside>
        )}
      </div>
      {isFurnished ? (
        <Toolbar
          viewer={viewer}
          room={room}
          mayDraw={store.write !== null}
          studies={studies}
          hanging={hanging}
        >
          <CompanionButton viewer={viewer} caseId={props.caseId} />
        </Toolbar>
      ) : (
        <div className={classes.toolbar} />
      )}
      <KeyboardHelp opened={help} onClose={() => setHelp(false)} />
      {naming !== null && (
        <LabelDialog id={naming} store={store} onClose={() => setNaming(null)} />
      )}
      {assigning !== null && lesions && (
        <AssignDialog
          id={assigning}
          store={store}
          lesions={lesions}
          onClose={() => setAssigning(null)}
        />
      )}
    </div>
  )
}

/** The likeliest series over the active viewport, or nothing again. */
function toggleFusion(viewer: Viewer, studies: readonly Study[]): void {
  const view = viewer.activeView
  const own = view?.state.series
  if (!view || !own) return
  const [first] = fusionCandidates(studies, own)
  const uid = view.state.fusion ? null : (first?.series.series_instance_uid ?? null)
  void viewer.planes.fuse(view, uid, 'user')
}

/** Below this the pictures would get less than their 60 %. */
const DRAWERS = '(max-width: 1100px), (orientation: portrait)'
const drawers = (): boolean => window.matchMedia(DRAWERS).matches
/** Whoever has only fingers scrolls first of all. */
const COARSE = '(pointer: coarse)'

/** Nobody looks for the drawer that covers the picture: it opens by its button or key. */
const foldedAtFirst = (presenting: boolean): { left: boolean; right: boolean } =>
  presenting || drawers() ? { left: true, right: true } : { left: false, right: false }

type Folded = ReturnType<typeof foldedAtFirst>

/** Two drawers at once would leave nothing of the pictures. */
function foldedBy(before: Folded, side: 'left' | 'right'): Folded {
  const after = { ...before, [side]: !before[side] }
  const other = side === 'left' ? 'right' : 'left'
  return !after[side] && drawers() ? { ...after, [other]: true } : after
}

function showNextSeries(viewer: Viewer, studies: readonly Study[], step: 1 | -1): void {
  const all: Series[] = studies.filter((study) => study.state === 'ready').flatMap(pictureSeries)
  const shown = viewer.activeView?.state.series?.series_instance_uid
  const at = all.findIndex((series) => series.series_instance_uid === shown)
  const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))]
  if (next && next.series_instance_uid !== shown) {
    void viewer.show(viewer.active, next.series_instance_uid, 'user')
  }
}

function removeSelected(viewer: Viewer, store: MeasurementStore): void {
  const chosen = viewer.measurements.find((measurement) => measurement.id === viewer.selected)
  if (chosen?.editable) store.write?.remove(chosen.id)
}

/** The selected measurement, where it may be named; else none. */
function toName(viewer: Viewer, store: MeasurementStore): string | null {
  const { selected } = viewer
  const chosen = viewer.measurements.find((measurement) => measurement.id === selected)
  const isPending = store.pending.some((draft) => draft.id === selected)
  return chosen?.editable || isPending ? selected : null
}
