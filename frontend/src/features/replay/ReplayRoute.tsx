import { Loader } from '@mantine/core'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams, useSearchParams } from 'react-router-dom'

import { ProblemNotice } from '@/ui/ProblemNotice'
import { useDocumentTitle } from '@/ui/Screen'

import { listenToPlayerKeys } from './keys'
import { ReplayCase } from './ReplayCase'
import { useReplay, useReplayState } from './useReplay'
import classes from './replay.module.css'

/** A session that was recorded, played again: `/live/:sessionId/replay?case=…&at=<seq>`. */
export default function ReplayRoute() {
  const { sessionId = '' } = useParams()
  return <Player key={sessionId} sessionId={sessionId} />
}

const numberOf = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null

function Player({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation('replay')
  useDocumentTitle(t('replay'))
  const [search] = useSearchParams()
  const replay = useReplay(sessionId, { at: numberOf(search.get('at')), caseId: search.get('case') })
  const caseId = useReplayState(replay, (state) => state.chapter?.case ?? null)
  const error = useReplayState(replay, (state) => state.error)
  useEffect(() => listenToPlayerKeys(replay), [replay])
  if (caseId !== null) return <ReplayCase key={caseId} replay={replay} caseId={caseId} />
  return (
    <div className={classes.waiting} role="status">
      <h1 className="c-visually-hidden">{t('replay')}</h1>
      {error ? <ProblemNotice problem={error} /> : <Loader size="sm" />}
      {!error && t('loading')}
    </div>
  )
}
