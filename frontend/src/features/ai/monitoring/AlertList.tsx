import { Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useAcknowledgeAlert } from '@/api/monitoring'
import type { ModelAlert } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate, formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { alertFigures } from './alertFigures'
import classes from './Monitoring.module.css'

/** What the house was told about a model; whoever answers does it with words. */
export function AlertList({ alerts, mayAnswer }: { alerts: ModelAlert[]; mayAnswer: boolean }) {
  const { t } = useTranslation('monitoring')
  const [answering, setAnswering] = useState<ModelAlert | null>(null)
  return (
    <>
      <ul className={classes.alerts} aria-label={t('alerts.list')}>
        {alerts.map((alert) => (
          <li key={alert.id} className={classes.alert} data-alert={alert.rule}>
            <div className={classes.alertHead}>
              <AlertState alert={alert} />
              <strong>{t(`rule.${alert.rule}`)}</strong>
              <span className={classes.dim}>{t('alerts.version', { version: alert.version.version, when: formatDate(alert.created_at) })}</span>
              {mayAnswer && !alert.acknowledged_at && (
                <Button size="compact-sm" variant="default" ml="auto" aria-label={t('alerts.answerThis', { rule: t(`rule.${alert.rule}`) })} onClick={() => setAnswering(alert)}>
                  {t('alerts.answer')}
                </Button>
              )}
            </div>
            <AlertFigures alert={alert} />
            {alert.cleared_at && <p className={classes.dim}>{t('alerts.cleared', { when: formatDate(alert.cleared_at) })}</p>}
            {alert.suggests_shadow && !alert.acknowledged_at && <p>{t('alerts.shadow')}</p>}
            {alert.acknowledged_at && <p>{t('alerts.said', { who: alert.acknowledged_by ?? '–', when: formatDateTime(alert.acknowledged_at), words: alert.words })}</p>}
          </li>
        ))}
      </ul>
      {answering && <AnswerDialog alert={answering} onClose={() => setAnswering(null)} />}
    </>
  )
}

function AlertState({ alert }: { alert: ModelAlert }) {
  const { t } = useTranslation('monitoring')
  return alert.acknowledged_at ? (
    <Chip icon={<IconCircleCheck size={13} aria-hidden />}>{t('alerts.answered')}</Chip>
  ) : (
    <Chip tone="warning" icon={<IconAlertTriangle size={13} aria-hidden />}>
      {t('alerts.open')}
    </Chip>
  )
}

function AlertFigures({ alert }: { alert: ModelAlert }) {
  const { t } = useTranslation('monitoring')
  return (
    <ul className={classes.plain}>
      {alertFigures(alert.figures).map(({ word, values, feature }) => (
        <li key={`${word} ${feature ?? ''}`}>{t(`figures.${word}`, { ...values, feature: feature ? t(`feature.${feature}`) : '' })}</li>
      ))}
    </ul>
  )
}

function AnswerDialog({ alert, onClose }: { alert: ModelAlert; onClose: () => void }) {
  const { t } = useTranslation('monitoring')
  const [words, setWords] = useState('')
  const answer = useAcknowledgeAlert()
  const send = () => answer.mutate({ id: alert.id, words: words.trim() }, { onSuccess: onClose })
  return (
    <Modal opened onClose={onClose} title={t(`rule.${alert.rule}`)}>
      <Stack gap="sm">
        <AlertFigures alert={alert} />
        <p>{t('alerts.changesNothing')}</p>
        <Textarea label={t('alerts.words')} description={t('alerts.wordsHint')} value={words} onChange={(event) => setWords(event.currentTarget.value)} maxLength={2000} autosize minRows={3} data-autofocus />
        {answer.error && <ProblemNotice problem={answer.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button disabled={!words.trim()} loading={answer.isPending} onClick={send}>
            {t('alerts.answer')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
