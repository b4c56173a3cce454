import { IconAlertTriangle } from '@tabler/icons-react'
import { useCallback, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useCase } from '@/api/cases'
import type { KeyImageBody, LesionBody, MeasurementBody } from '@/protocol/generated'
import { GuiseChip, PatientLine } from '@/ui/clinical'

import { ImageRoom } from '../viewer/ImageRoom'
import { useStagePages } from '../viewer/useStagePages'
import { useCaseRoom, useMeasurementWiring, type CaseRoom } from '../viewer/useCaseRoom'
import { ReplayLeft } from './ReplayLeft'
import { ReplayRight } from './ReplayRight'
import { ReplayStrip } from './ReplayStrip'
import type { Replay } from './replaySession'
import { useDrawnThen } from './useDrawnThen'
import { useReplayState } from './useReplay'
import { useReplaySync } from './useReplaySync'
import classes from './replay.module.css'

const NO_MEASUREMENTS: readonly MeasurementBody[] = []
const NO_KEY_IMAGES: readonly KeyImageBody[] = []
const NO_LESIONS: readonly LesionBody[] = []
const NOTHING_DRAWN: readonly never[] = []
const NO_STROKES = { undo: () => undefined, redo: () => undefined }

/** One case of a recording: the viewer's own room, with what stood then, and nothing to change. */
export function ReplayCase({ replay, caseId }: { replay: Replay; caseId: string }) {
  const patientCase = useCase(caseId)
  const room = useCaseRoom(caseId, undefined, useReviewsThen(replay))
  const items = useReplayState(replay, (state) => state.room.snapshot?.measurements ?? NO_MEASUREMENTS)
  const marked = useReplayState(replay, (state) => state.room.snapshot?.key_images ?? NO_KEY_IMAGES)
  const store = useMemo(() => ({ items, pending: NOTHING_DRAWN, write: null }), [items])
  const named = useReplayState(replay, (state) => state.room.snapshot?.lesions ?? NO_LESIONS)
  const keyImages = useMemo(() => ({ items: marked, write: null }), [marked])
  const lesions = useMemo(
    () => ({ items: [...named].sort((a, b) => a.number - b.number), write: null }),
    [named],
  )
  useMeasurementWiring(room.viewer, store, '')
  useStagePages(caseId, room)
  const { onReturn } = useReplaySync(replay, room)
  const drawn = useDrawnThen(replay, room, caseId)
  const stepCase = useCallback((by: 1 | -1) => replay.stepChapter(by), [replay])
  return (
    <ImageRoom
      caseId={caseId}
      viewer={room.viewer}
      studies={room.studies}
      shownMasks={room.shownMasks}
      store={store}
      keyImages={keyImages}
      hanging={room.hanging}
      onStepCase={stepCase}
      strokes={NO_STROKES}
      deidentified={patientCase.data?.guise === 'deidentified'}
      header={<ReplayHeader replay={replay} caseId={caseId} />}
      notice={
        <>
          <ReplayStrip replay={replay} onReturn={onReturn} />
          <WhatIsMissing replay={replay} room={room} drawing={drawn.isMissing} />
        </>
      }
      left={<ReplayLeft replay={replay} />}
      right={<ReplayRight replay={replay} room={room} store={store} keyImages={keyImages} lesions={lesions} />}
    />
  )
}

function ReplayHeader({ replay, caseId }: { replay: Replay; caseId: string }) {
  const { t } = useTranslation('replay')
  const patientCase = useCase(caseId)
  const board = useReplayState(replay, (state) => state.recording?.board ?? null)
  return (
    <header className={classes.header}>
      <Link to={`/cases/${caseId}`} className={classes.back}>
        {t('toCase')}
      </Link>
      <strong>{board ?? t('adHoc')}</strong>
      {patientCase.data && (
        <>
          <PatientLine patient={patientCase.data.patient} />
          <GuiseChip guise={patientCase.data.guise} />
        </>
      )}
    </header>
  )
}

/** What was on the screen then and cannot be shown now is said, never left out in silence. */
function WhatIsMissing({ replay, room, drawing }: { replay: Replay; room: CaseRoom; drawing: boolean }) {
  const { t } = useTranslation('replay')
  const stage = useReplayState(replay, (state) => state.room.stage)
  const loaded = useReplayState(replay, (state) => state.loaded)
  const known = new Set(room.studies.map((study) => study.study_instance_uid))
  const shown = stage?.state.viewports ?? []
  const words = [
    ...(loaded && stage === null ? [t('missing.stage')] : []),
    ...(room.studiesLoaded && shown.some((one) => one && !known.has(one.study_instance_uid))
      ? [t('missing.study')]
      : []),
    ...(drawing ? [t('missing.drawn')] : []),
  ]
  if (words.length === 0) return null
  return (
    <div className={classes.missing} role="status">
      <IconAlertTriangle size={16} aria-hidden />
      {words.join(' ')}
    </div>
  )
}

/** The reviews of findings as they stood: AI that was unreviewed then is marked as such. */
function useReviewsThen(replay: Replay) {
  const findings = useReplayState(replay, (state) => state.room.snapshot?.findings)
  return useMemo(
    () => new Map((findings ?? []).map(({ id, state }) => [id, state])),
    [findings],
  )
}
