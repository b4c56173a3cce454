import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams, useSearchParams } from 'react-router-dom'

import { useCase } from '@/api/cases'
import { useMe } from '@/api/session'
import type { Viewport } from '@/protocol/generated'
import { GuiseChip, PatientLine } from '@/ui/clinical'
import { useDocumentTitle } from '@/ui/Screen'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { initViewer } from '@/viewer/engine'
import { masksShown, StageFollower } from '@/viewer/stage'
import { installReadingHook } from '@/viewer/testHook'

import { companionPath, listenToHost } from './companion'
import { useCaseRoom, useMeasurementWiring } from './useCaseRoom'
import { useRestKeyImages } from './useRestKeyImages'
import { useRestMeasurements } from './useRestMeasurements'
import { ViewportGrid } from './ViewportGrid'
import classes from './viewer.module.css'

/** One viewport of the main window on a further monitor: `/cases/:caseId/companion`. */
export default function CompanionRoute() {
  const { caseId = '' } = useParams()
  return <Companion key={caseId} caseId={caseId} />
}

const nothing = (): void => undefined

function Companion({ caseId }: { caseId: string }) {
  const { t } = useTranslation('devices')
  useDocumentTitle(t('companion.title'))
  const [search] = useSearchParams()
  const number = Number(search.get('viewport') ?? 0)
  const me = useMe()
  const patientCase = useCase(caseId)
  const room = useCaseRoom(caseId)
  const store = useRestMeasurements(caseId, false, nothing)
  const keyImages = useRestKeyImages(caseId, false, nothing)
  useMeasurementWiring(room.viewer, store, me.data?.id ?? '')
  useEffect(() => {
    initViewer()
    return installReadingHook(room.viewer)
  }, [room.viewer])
  const isFollowing = useFollowing(caseId, room, number)

  if (patientCase.error && !patientCase.data) {
    return (
      <div className={classes.alone}>
        <h1 className="c-visually-hidden">{t('companion.title')}</h1>
        <ProblemNotice problem={patientCase.error} onRetry={() => void patientCase.refetch()} />
      </div>
    )
  }
  return (
    <div className={classes.room}>
      <h1 className="c-visually-hidden">{t('companion.title')}</h1>
      <header className={classes.header} aria-label={t('companion.label', { number: number + 1 })}>
        {patientCase.data && (
          <>
            <PatientLine patient={patientCase.data.patient} />
            <GuiseChip guise={patientCase.data.guise} />
          </>
        )}
        <span className={classes.grow} />
        <span className={classes.question} role="status">
          {t(isFollowing ? 'companion.follows' : 'companion.waiting')}
        </span>
      </header>
      <div className={classes.body}>
        <div className={classes.images}>
          <ViewportGrid
            viewer={room.viewer}
            deidentified={patientCase.data?.guise === 'deidentified'}
            shownMasks={room.shownMasks}
            studies={room.studies}
            keyImages={keyImages}
          />
        </div>
      </div>
    </div>
  )
}

/** Shows what the main window's viewport shows, goes to its next case, and closes with it. */
function useFollowing(caseId: string, room: ReturnType<typeof useCaseRoom>, number: number): boolean {
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const host = search.get('room') ?? ''
  const { viewer, studiesLoaded, setVisibleMasks } = room
  const follower = useRef<StageFollower | null>(null)
  const [isFollowing, setFollowing] = useState(false)
  const place = useCallback(
    (viewport: Viewport | null) => {
      follower.current ??= new StageFollower(viewer)
      const state = {
        layout: { rows: 1, columns: 1 },
        active_viewport: 0,
        viewports: [viewport],
        focus: null,
        held: false,
      }
      setVisibleMasks(new Set(masksShown(state)))
      follower.current.apply(state)
    },
    [viewer, setVisibleMasks],
  )
  useEffect(() => {
    if (!studiesLoaded) return
    const stop = listenToHost(host, number, (message) => {
      if (message.kind === 'bye') {
        window.close()
        return
      }
      if (message.case_id !== caseId) {
        void navigate(companionPath(message.case_id, host, number), { replace: true })
        return
      }
      setFollowing(true)
      place(message.viewports[number] ?? null)
    })
    return () => {
      stop()
      follower.current?.stop()
      follower.current = null
    }
  }, [host, number, caseId, studiesLoaded, place, navigate])
  return isFollowing
}
