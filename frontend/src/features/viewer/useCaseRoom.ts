import { useEffect, useMemo, useState } from 'react'

import { useStudies } from '@/api/cases'
import { useFindings } from '@/api/findings'
import type { Finding, Study } from '@/api/types'
import { personColour } from '@/ui/people'
import { Viewer } from '@/viewer/viewer'

import { CasePixels } from './caseImages'
import { drawnFrom, type MeasurementStore } from './measurementStore'
import { useFindingMasks } from './useFindingMasks'

const NO_STUDIES: readonly Study[] = []
const NO_FINDINGS: readonly Finding[] = []
const OWN_COLOUR = '#ffd54a'

export interface CaseRoom {
  readonly viewer: Viewer
  readonly pixels: CasePixels
  readonly studies: readonly Study[]
  readonly studiesLoaded: boolean
  readonly findings: readonly Finding[]
  readonly visibleMasks: ReadonlySet<string>
  readonly setVisibleMasks: (ids: ReadonlySet<string>) => void
  readonly failedMasks: ReadonlySet<string>
}

/** What the viewer and the live room both need of a case. */
export function useCaseRoom(caseId: string): CaseRoom {
  const [viewer] = useState(() => new Viewer())
  const pixels = useMemo(() => new CasePixels(caseId), [caseId])
  const studiesQuery = useStudies(caseId)
  const findingsQuery = useFindings({ case: caseId })
  const studies = studiesQuery.data ?? NO_STUDIES
  const findings = findingsQuery.data ?? NO_FINDINGS
  const [visibleMasks, setVisibleMasks] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => viewer.library.setSources(pixels.sourcesOf(studies)), [viewer, pixels, studies])
  const failedMasks = useFindingMasks(viewer, findings, visibleMasks)
  // Another case begins with empty viewports: nothing of the former patient stays on the screen.
  useEffect(() => () => viewer.clearAll(), [viewer, caseId])
  return {
    viewer,
    pixels,
    studies,
    studiesLoaded: studiesQuery.data !== undefined,
    findings,
    visibleMasks,
    setVisibleMasks,
    failedMasks,
  }
}

/** Draws the measurements of a store and sends what is drawn back into it. */
export function useMeasurementWiring(viewer: Viewer, store: MeasurementStore, myId: string): void {
  const { items, pending, write } = store
  useEffect(() => {
    viewer.setMeasurements(
      drawnFrom(
        { items, pending },
        {
          my_id: myId,
          may_write: write !== null,
          my_colour: OWN_COLOUR,
          colourOf: (author) =>
            personColour({ id: author.id ?? '', discipline: author.discipline }),
        },
      ),
    )
  }, [viewer, items, pending, write, myId])
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
  const { viewer, visibleMasks, setVisibleMasks } = room
  if (finding.mask_url !== null) setVisibleMasks(new Set(visibleMasks).add(finding.id))
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
