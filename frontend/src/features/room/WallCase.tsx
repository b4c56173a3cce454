import { useEffect } from 'react'

import { useCase } from '@/api/cases'
import { initViewer } from '@/viewer/engine'
import { installReadingHook } from '@/viewer/testHook'

import type { LiveSession } from '../live/liveSession'
import { useSync } from '../live/LiveCase'
import type { CaseShelf } from '../live/neighbours'
import { useLiveActs } from '../live/useLiveActs'
import { useLiveKeyImages } from '../live/useLiveKeyImages'
import { useLiveMeasurements } from '../live/useLiveMeasurements'
import { useCaseRoom, useMeasurementWiring } from '../viewer/useCaseRoom'
import { ViewportGrid } from '../viewer/ViewportGrid'
import classes from './room.module.css'

interface WallCaseProps {
  session: LiveSession
  caseId: string
  shelf: CaseShelf
}

/** The images of the case as the presenter shows them. Nothing here can be pressed. */
export function WallCase({ session, caseId, shelf }: WallCaseProps) {
  const room = useCaseRoom(caseId, shelf)
  const patientCase = useCase(caseId)
  useSync(session, caseId, room)
  const acts = useLiveActs(session)
  const store = useLiveMeasurements(session, acts)
  const keyImages = useLiveKeyImages(session, acts)
  useMeasurementWiring(room.viewer, store, '')
  useEffect(() => {
    initViewer()
    return installReadingHook(room.viewer)
  }, [room.viewer])
  return (
    <div className={classes.images} inert>
      <ViewportGrid
        viewer={room.viewer}
        deidentified={patientCase.data?.guise === 'deidentified'}
        shownMasks={room.shownMasks}
        studies={room.studies}
        keyImages={keyImages}
      />
    </div>
  )
}
