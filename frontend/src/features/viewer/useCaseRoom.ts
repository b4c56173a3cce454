import { useCallback, useEffect, useMemo, useState } from 'react'

import { useCase, useStudies } from '@/api/cases'
import { useFindings } from '@/api/findings'
import { useRegistrations } from '@/api/registrations'
import { useSegmentations } from '@/api/segmentations'
import type { Finding, Registration, Segmentation, Study } from '@/api/types'
import { personColour } from '@/ui/people'
import { Viewer } from '@/viewer/viewer'

import { CaseImages, type CasePixels } from './caseImages'
import { identitiesOf } from './hanging/identities'
import { useHanging, type HangingControl } from './hanging/useHanging'
import { findingLayers, segmentLayers, type MaskLayer } from './maskLayers'
import { useDocumentLayers } from './documents/useDocumentLayers'
import { drawnFrom, type MeasurementStore } from './measurementStore'
import { linksOf } from './registrations'
import { useRadiotherapy, type RtRoom } from './rt/useRadiotherapy'
import { loadMask, useMasks } from './useMasks'
import { usePerCase } from './usePerCase'
import { useValueWords } from './useValueWords'

const NO_STUDIES: readonly Study[] = []
const NO_FINDINGS: readonly Finding[] = []
const NO_SEGMENTATIONS: readonly Segmentation[] = []
const NO_REGISTRATIONS: readonly Registration[] = []
const OWN_COLOUR = '#ffd54a'

export interface CaseRoom {
  readonly viewer: Viewer
  readonly pixels: CasePixels
  readonly studies: readonly Study[]
  readonly studiesLoaded: boolean
  readonly hanging: HangingControl
  /** The images are to be read first: no finding is not "nothing found". */
  readonly aiHidden: boolean
  readonly findings: readonly Finding[]
  readonly segmentations: readonly Segmentation[]
  readonly registrations: readonly Registration[]
  /** Why the segmentations could not be read, and how to try again. */
  readonly segmentationsProblem: { error: Error; retry: () => void } | null
  /** What is laid over the images now. */
  readonly shownMasks: readonly MaskLayer[]
  readonly visibleMasks: ReadonlySet<string>
  readonly setVisibleMasks: (ids: ReadonlySet<string>) => void
  /** Some on or off, the others as they are. */
  readonly showMasks: (ids: readonly string[], on: boolean) => void
  readonly failedMasks: ReadonlySet<string>
  readonly rt: RtRoom
}

/** As the server judges it (docs/decisions/0190): what was listed before it was hidden goes too. */
const isAiMade = (one: Segmentation): boolean =>
  one.finding !== null || one.segments.some((segment) => segment.algorithm_type === 'AUTOMATIC')

/** Where the images of a case outlive a visit to it. */
export interface ImageShelf {
  of(caseId: string): CaseImages
}

/**
 * What the viewer and the live room both need of a case. `readFirst`: the room's own word for
 * whether AI results are hidden; without it the case's.
 */
export function useCaseRoom(
  caseId: string,
  shelf?: ImageShelf,
  /** In a replay: the review that stood at that time, by finding; what was not there is left out. */
  reviewsThen?: ReadonlyMap<string, Finding['state']>,
  readFirst?: boolean,
): CaseRoom {
  const images = usePerCase(caseId, () => shelf?.of(caseId) ?? new CaseImages(caseId))
  const viewer = usePerCase(caseId, () => new Viewer(images.library))
  const studiesQuery = useStudies(caseId)
  const findingsQuery = useFindings({ case: caseId })
  const studies = studiesQuery.data ?? NO_STUDIES
  const { visibleMasks, setVisibleMasks, showMasks } = useVisibleMasks(caseId)
  const patientCase = useCase(caseId)
  const guise = patientCase.data?.guise
  const aiHidden = readFirst ?? patientCase.data?.ai_hidden ?? false
  const findingsNow = (aiHidden ? null : findingsQuery.data) ?? NO_FINDINGS
  const findings = useMemo(() => findingsThen(findingsNow, reviewsThen), [findingsNow, reviewsThen])
  const identities = useMemo(
    () => identitiesOf(studies, guise !== 'identified'),
    [studies, guise],
  )
  useEffect(() => images.setStudies(studies), [images, studies])
  useEffect(() => viewer.comparison.setIdentities(identities), [viewer, identities])
  const tumourType = patientCase.isError ? '' : patientCase.data?.tumour_type
  const hanging = useHanging(viewer, studies, identities, tumourType)
  const segmentationsQuery = useSegmentations(caseId, studies)
  const { data: listed = NO_SEGMENTATIONS, error, refetch } = segmentationsQuery
  const segmentations = useMemo(
    () => (aiHidden ? listed.filter((one) => !isAiMade(one)) : listed),
    [aiHidden, listed],
  )
  const { data: registrations = NO_REGISTRATIONS } = useRegistrations(caseId, studies)
  useEffect(() => viewer.setRegistrations(linksOf(registrations)), [viewer, registrations])
  const layers = useMemo(
    () => [
      ...findingLayers(findings),
      ...segmentations.flatMap((one) =>
        one.segments.flatMap((segment) => segmentLayers(one, segment)),
      ),
    ],
    [findings, segmentations],
  )
  const shownMasks = useMemo(
    () => layers.filter(({ id }) => visibleMasks.has(id)),
    [layers, visibleMasks],
  )
  const failedMasks = useMasks(viewer, shownMasks)
  const rt = useRadiotherapy(caseId, viewer, studies)
  useDocumentLayers(caseId, viewer)
  // Another case has another viewer; what the former one still waits for has nowhere to go.
  useEffect(() => () => viewer.clearAll(), [viewer])
  const segmentationsProblem = useMemo(
    () => (error === null ? null : { error, retry: () => void refetch() }),
    [error, refetch],
  )
  const studiesLoaded = studiesQuery.data !== undefined
  return useMemo(
    () => ({
      viewer,
      pixels: images.pixels,
      studies,
      studiesLoaded,
      hanging,
      aiHidden,
      findings,
      segmentations,
      registrations,
      segmentationsProblem,
      shownMasks,
      visibleMasks,
      setVisibleMasks,
      showMasks,
      failedMasks,
      rt,
    }),
    [
      viewer,
      images,
      studies,
      studiesLoaded,
      hanging,
      aiHidden,
      findings,
      segmentations,
      registrations,
      segmentationsProblem,
      shownMasks,
      visibleMasks,
      setVisibleMasks,
      showMasks,
      failedMasks,
      rt,
    ],
  )
}

function findingsThen(
  findings: readonly Finding[],
  reviews: ReadonlyMap<string, Finding['state']> | undefined,
): readonly Finding[] {
  if (reviews === undefined) return findings
  return findings.flatMap((finding) => {
    const state = reviews.get(finding.id)
    return state === undefined ? [] : [{ ...finding, state }]
  })
}

const NO_MASKS: ReadonlySet<string> = new Set()

type VisibleMasks = Pick<CaseRoom, 'visibleMasks' | 'setVisibleMasks' | 'showMasks'>

/** What is laid over the images of this case; another case begins without. */
function useVisibleMasks(caseId: string): VisibleMasks {
  const [held, setHeld] = useState({ caseId, ids: NO_MASKS })
  const visibleMasks = held.caseId === caseId ? held.ids : NO_MASKS
  const setVisibleMasks = useCallback(
    (ids: ReadonlySet<string>) => setHeld({ caseId, ids }),
    [caseId],
  )
  const showMasks = useCallback(
    (ids: readonly string[], on: boolean) =>
      setHeld((before) => {
        const after = new Set(before.caseId === caseId ? before.ids : NO_MASKS)
        for (const id of ids) {
          if (on) after.add(id)
          else after.delete(id)
        }
        return { caseId, ids: after }
      }),
    [caseId],
  )
  return { visibleMasks, setVisibleMasks, showMasks }
}

/** Draws the measurements of a store and sends what is drawn back into it. */
export function useMeasurementWiring(viewer: Viewer, store: MeasurementStore, myId: string): void {
  const { items, pending, write } = store
  const words = useValueWords()
  useEffect(() => {
    viewer.setMeasurements(
      drawnFrom(
        { items, pending },
        {
          my_id: myId,
          may_write: write !== null,
          my_colour: OWN_COLOUR,
          words,
          colourOf: (author) =>
            personColour({ id: author.id ?? '', discipline: author.discipline }),
        },
      ),
    )
  }, [viewer, items, pending, write, myId, words])
  useEffect(() => {
    if (write === null) return
    const stops = [viewer.drafted.on(write.create), viewer.edited.on(write.revise)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [viewer, write])
}

/** Goes to a finding: its mask on, the fullest slice or its centre on the screen. */
export async function showFinding(room: CaseRoom, finding: Finding): Promise<void> {
  const { viewer } = room
  if (finding.mask_url !== null) room.showMasks([finding.id], true)
  const { sop_instance_uid, series_instance_uid, centroid_lps } = finding
  if (sop_instance_uid !== null) {
    await viewer.jumpTo(
      { series_instance_uid, sop_instance_uid, frame: finding.frame ?? 1 },
      centroid_lps,
    )
    return
  }
  if (centroid_lps === null || finding.frame_of_reference_uid === null) return
  await viewer.show(viewer.active, series_instance_uid, 'user')
  viewer.goToPoint(centroid_lps, finding.frame_of_reference_uid)
}

/** Goes to a segment: its masks on, the image with most of it on the screen. */
export async function showSegment(room: CaseRoom, layers: readonly MaskLayer[]): Promise<void> {
  const { viewer } = room
  room.showMasks(
    layers.map(({ id }) => id),
    true,
  )
  const open = viewer.visibleViews.map((view) => view.state.series?.series_instance_uid)
  const layer = layers.find((one) => open.includes(one.series_instance_uid)) ?? layers[0]
  if (layer === undefined) return
  try {
    await loadMask(viewer, layer)
  } catch {
    return // the panel says that it could not be read
  }
  const place = viewer.masks.fullestImage(layer.id)
  const { series_instance_uid } = layer
  if (place === null) await viewer.show(viewer.active, series_instance_uid, 'user')
  else await viewer.jumpTo({ series_instance_uid, ...place }, null)
}
