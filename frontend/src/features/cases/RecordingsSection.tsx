import { Button } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useCaseRecordings, type CaseRecording } from '@/api/recordings'
import type { CaseDetail } from '@/api/types'
import { replayPath } from '@/features/replay/paths'
import { Chip } from '@/ui/Chip'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate, formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Case.module.css'

/** Sessions in which this case was on, to be played again. */
export function RecordingsSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('replay')
  const recordings = useCaseRecordings(entry.id)
  return (
    <Section title={t('list.title')} count={recordings.data?.length} id="recordings">
      {recordings.error && <ProblemNotice problem={recordings.error} onRetry={() => void recordings.refetch()} />}
      {recordings.data?.length === 0 && <EmptyState compact icon={IconHistory} title={t('list.empty')} />}
      {recordings.data?.length ? (
        <ul className={classes.recordings}>
          {recordings.data.map((one) => (
            <RecordingLine key={one.session} caseId={entry.id} recording={one} />
          ))}
        </ul>
      ) : null}
    </Section>
  )
}

function RecordingLine({ caseId, recording }: { caseId: string; recording: CaseRecording }) {
  const { t } = useTranslation('replay')
  const { session, at, seconds, board, people, state, kept_until, from_seq } = recording
  const when = formatDateTime(at)
  return (
    <li>
      <strong>{when}</strong>
      <span>{board ?? t('adHoc')}</span>
      <span className={classes.dim}>{t('list.minutes', { count: Math.max(1, Math.round(seconds / 60)) })}</span>
      <span className={classes.dim}>{people.map(({ display_name }) => display_name).join(', ')}</span>
      {state === 'open' && <Chip tone="ok">{t('list.open')}</Chip>}
      {kept_until && <span className={classes.dim}>{t('list.until', { when: formatDate(kept_until) })}</span>}
      <span className={classes.grow} />
      <Button
        component={Link}
        to={replayPath(session, caseId, from_seq)}
        size="compact-sm"
        variant="default"
        leftSection={<IconHistory size={15} aria-hidden />}
        aria-label={t('list.replayOf', { when })}
      >
        {t('list.replay')}
      </Button>
    </li>
  )
}
