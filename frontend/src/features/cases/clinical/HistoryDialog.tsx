import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { type ClinicalEntry, type KindOfEntry, useHistoryOf } from '@/api/clinical'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Clinical.module.css'
import { formatPartial } from './partial'
import { useClinicalWords } from './words'

const TONES = { current: 'ok', superseded: 'neutral', entered_in_error: 'warning' } as const

/** Everything that was ever recorded of a kind, also what no longer stands, and why. */
export function HistoryDialog({ caseId, kind, onClose }: { caseId: string; kind: KindOfEntry; onClose: () => void }) {
  const { t } = useTranslation('clinical')
  const found = useHistoryOf(caseId, kind)
  return (
    <Modal opened onClose={onClose} size="lg" title={t('historyOf', { what: t(`many.${kind}`) })}>
      {found.error && <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />}
      {!found.data && !found.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      <ul className={classes.entries}>
        {found.data?.map((one) => (
          <Past key={one.id} kind={kind} entry={one} />
        ))}
      </ul>
    </Modal>
  )
}

function Past({ kind, entry }: { kind: KindOfEntry; entry: ClinicalEntry }) {
  const { t } = useTranslation('clinical')
  const { line, word } = useClinicalWords()
  const [title, detail] = line(kind, entry)
  const status = word('status', entry.status)
  const recorded = entry.recorded_at && t('recordedAt', { when: formatDateTime(entry.recorded_at) })
  const origin = [formatPartial(entry.on), entry.recorded_by?.display_name, recorded].filter(Boolean)
  return (
    <li className={classes.entry}>
      <div>
        <div>
          {title} <Chip tone={TONES[entry.status]}>{status}</Chip>
        </div>
        {detail && <div className={classes.aside}>{detail}</div>}
        {entry.error_reason && <div>{t('because', { reason: entry.error_reason })}</div>}
        <div className={classes.aside}>{origin.join(' · ')}</div>
      </div>
    </li>
  )
}
