import { notifications } from '@mantine/notifications'
import { useCallback, useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { useCase } from '@/api/cases'
import { asProblem } from '@/api/problem'
import type { StageState } from '@/protocol/generated'
import type { Viewer } from '@/viewer/viewer'

import { useDrawnRoom } from '../viewer/brush/useDrawnRoom'
import { appliedOf } from '../viewer/hanging/applied'
import { useOpeningHanging } from '../viewer/hanging/useHanging'
import { ImageRoom } from '../viewer/ImageRoom'
import { useTourRoom } from '../viewer/tours/useTourRoom'
import { useCaseRoom, useMeasurementWiring, type CaseRoom } from '../viewer/useCaseRoom'
import { usePerCase } from '../viewer/usePerCase'
import { AfterPicture } from './AfterPicture'
import { LiveActions } from './LiveActions'
import { LiveHeader } from './LiveHeader'
import { LiveLeft } from './LiveLeft'
import { LiveNotice } from './LiveNotice'
import { LiveRight } from './LiveRight'
import { FollowState } from './FollowState'
import { useFollowedOverlays } from './followOverlays'
import type { LiveSession } from './liveSession'
import { useStagePages } from '../viewer/useStagePages'
import { LookHere } from './lookHere'
import { CatchUp } from './people/CatchUp'
import type { CaseShelf } from './neighbours'
import { PointerSync } from './pointerSync'
import { StageSync } from './stageSync'
import type { Sync } from './sync'
import { useDrawnLease, useDrawnSync, useDrawnTransport } from './useLiveDrawn'
import { useAgendaStep } from './useAgendaStep'
import { useReadFirst } from './useReadFirst'
import { useLaserKey } from './useLaserKey'
import { useLookNotice } from './useLookNotice'
import { useStageKeys } from './useStageKeys'
import { useLiveActs } from './useLiveActs'
import { useLiveKeyImages } from './useLiveKeyImages'
import { useLiveLesions } from './useLiveLesions'
import { useLiveMeasurements } from './useLiveMeasurements'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

interface LiveCaseProps {
  session: LiveSession
  sessionId: string
  caseId: string
  /** False for whoever may not see this case; they stay until the room moves on. */
  visible: boolean
  shelf: CaseShelf
}

export function LiveCase({ session, caseId, visible, shelf }: LiveCaseProps) {
  const { t } = useTranslation('live')
  if (!visible) {
    return (
      <div className={classes.frame}>
        <h1 className="c-visually-hidden">{t('access:room')}</h1>
        <LiveHeader session={session} acts={null} caseId={null} />
        <div className={classes.waiting} role="status">
          {t('withheldCase')}
        </div>
      </div>
    )
  }
  return <VisibleCase session={session} caseId={caseId} shelf={shelf} />
}

type VisibleCaseProps = Pick<LiveCaseProps, 'session' | 'caseId' | 'shelf'>

function VisibleCase({ session, caseId, shelf }: VisibleCaseProps) {
  const { t } = useTranslation('live')
  const room = useCaseRoom(caseId, shelf, undefined, useReadFirst(session))
  const patientCase = useCase(caseId)
  const myId = useLiveState(session, (state) => state.room.you?.id ?? '')
  const sync = useSync(session, caseId, room)
  const { differ, asPresenter } = useFollowedOverlays(session, room)
  useStagePages(caseId, room)
  const acts = useLiveActs(session)
  useLookNotice(session, sync.look)
  useLaserKey(sync.pointer)
  const live = useStageKeys(session, sync)
  const stepCase = useAgendaStep(session, acts)
  const store = useLiveMeasurements(session, acts)
  const keyImages = useLiveKeyImages(session, acts)
  const lesions = useLiveLesions(session, acts)
  useMeasurementWiring(room.viewer, store, myId)
  const discipline = useLiveState(session, (state) => state.room.you?.discipline ?? '')
  const onProblem = useCallback(
    (error: unknown) => {
      const { code, detail, title } = asProblem(error)
      const defaultValue = detail || title || t('refused.other')
      notifications.show({ color: 'urgent', message: t(`refused.${code}`, { defaultValue }) })
    },
    [t],
  )
  const drawn = useDrawnRoom({
    caseId,
    room,
    mayDraw: store.write !== null,
    me: { id: myId, discipline },
    transport: useDrawnTransport(session),
    lease: useDrawnLease(session),
    onProblem,
  })
  useDrawnSync(session, drawn)
  const identified = useLiveState(session, (state) => state.room.projection === 'identified')
  const tours = useTourRoom({
    caseId,
    room,
    mayWrite: store.write !== null && identified,
    myId,
    purpose: 'meeting',
    onProblem,
  })
  const actions = useMemo(
    () => (
      <>
        <FollowState session={session} stage={sync.stage} overlays={{ differ, asPresenter }} />
        <LiveActions key={caseId} session={session} sync={sync} />
      </>
    ),
    [caseId, session, sync, differ, asPresenter],
  )
  return (
    <ImageRoom
      caseId={caseId}
      viewer={room.viewer}
      studies={room.studies}
      shownMasks={room.shownMasks}
      store={store}
      keyImages={keyImages}
      lesions={lesions}
      hanging={room.hanging}
      onStepCase={stepCase}
      views={tours.steps}
      strokes={drawn.drawing}
      live={live}
      deidentified={patientCase.data?.guise === 'deidentified'}
      header={
        <LiveHeader session={session} acts={acts} caseId={caseId}>
          {actions}
        </LiveHeader>
      }
      notice={
        <>
          <LiveNotice session={session} />
          <CatchUp key={caseId} session={session} caseId={caseId} />
        </>
      }
      left={<LiveLeft session={session} acts={acts} room={room} />}
      right={
        // A draft, a choice or an open dialog belongs to one patient.
        <AfterPicture key={caseId} viewer={room.viewer}>
          <LiveRight
            session={session}
            acts={acts}
            room={room}
            caseId={caseId}
            store={store}
            keyImages={keyImages}
            lesions={lesions}
            drawn={drawn}
            tours={tours}
            sync={sync}
          />
        </AfterPicture>
      }
    />
  )
}

/** By which protocol the screen hangs, as everybody may know it: no words of anybody. */
function shownHanging(viewer: Viewer): StageState['hanging'] {
  const now = appliedOf(viewer)
  if (now === null) return null
  return { key: now.match.hanging.id ?? now.match.hanging.key, step: now.step }
}

/** Ties the screen to the room once the case's studies are known. */
export function useSync(session: LiveSession, caseId: string, room: CaseRoom): Sync {
  const { viewer, studies, studiesLoaded } = room
  const sync = usePerCase<Sync>(caseId, () => {
    const stage = new StageSync(session, viewer, () => shownHanging(viewer))
    const pointer = new PointerSync(session, viewer)
    return { stage, pointer, look: new LookHere(session, viewer, stage) }
  })
  useEffect(() => {
    if (!studiesLoaded) return
    sync.stage.start()
    sync.pointer.start()
    sync.look.start()
    return () => {
      sync.stage.stop()
      sync.pointer.stop()
      sync.look.stop()
    }
  }, [sync, studiesLoaded])
  useEffect(() => sync.stage.refresh(), [sync, studies])

  // Before anybody has shown anything, the case hangs as in the viewer.
  const hasStage = useLiveState(session, (state) => state.room.stage !== null)
  useOpeningHanging(room.hanging, caseId, !hasStage)
  return sync
}
