import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useCase } from '@/api/cases'
import { PatientLine } from '@/ui/clinical'
import { formatTime } from '@/ui/format'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import { catchUpFacts, type CatchUpFacts } from './catchUp'
import classes from './people.module.css'

const seenKey = (sessionId: string, caseId: string) => `consilium.caughtUp.${sessionId}.${caseId}`

/** One screen of the case so far for whoever joins late; read once, it does not come again. */
export function CatchUp({ session, caseId }: { session: LiveSession; caseId: string }) {
  const soFar = useLiveState(session, (state) => state.room.so_far)
  const snapshot = useLiveState(session, (state) => state.room.snapshot)
  const key = seenKey(session.id, caseId)
  const [seen, setSeen] = useState(() => sessionStorage.getItem(key) !== null)
  // As it was on coming in: what happens afterwards is seen anyway.
  const [facts] = useState(() => catchUpFacts(soFar, snapshot, Date.now()))
  if (seen || facts === null) return null
  const close = () => {
    sessionStorage.setItem(key, '1')
    setSeen(true)
  }
  return <Dialog facts={facts} caseId={caseId} onClose={close} />
}

interface DialogProps {
  facts: CatchUpFacts
  caseId: string
  onClose: () => void
}

function Dialog({ facts, caseId, onClose }: DialogProps) {
  const { t } = useTranslation('people')
  const patientCase = useCase(caseId)
  return (
    <Modal opened onClose={onClose} title={t('catchUp.title', { time: formatTime(facts.since) })} size="lg" centered>
      <div className={classes.catchUp} data-testid="catch-up">
        {patientCase.data && (
          <>
            <PatientLine patient={patientCase.data.patient} />
            <p className={classes.question}>{patientCase.data.clinical_question}</p>
          </>
        )}
        <dl className={classes.facts}>
          <Fact name={t('catchUp.views')} value={t('catchUp.viewsShown', { count: facts.views })} />
          <Fact name={t('catchUp.measurements')} value={String(facts.measurements)} />
          <Fact
            name={t('catchUp.findings')}
            value={t('catchUp.findingsOf', { reviewed: facts.findingsReviewed, open: facts.findingsOpen })}
          />
          <Fact name={t('catchUp.decision')} value={t(`catchUp.decisions.${facts.decision}`)} />
        </dl>
        {facts.lastWords.length > 0 && (
          <ul className={classes.words}>
            {facts.lastWords.map(({ name, text, at }) => (
              <li key={name}>
                <b>{name}</b> <span className={classes.dim}>{formatTime(at)}</span>
                <div>{text}</div>
              </li>
            ))}
          </ul>
        )}
        <Button onClick={onClose} data-autofocus>
          {t('catchUp.enter')}
        </Button>
      </div>
    </Modal>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
