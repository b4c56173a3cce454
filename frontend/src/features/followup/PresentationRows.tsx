import { Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { type CaseFollowUp, useCaseFollowUpActions } from '@/api/followup'
import type { CaseDetail } from '@/api/types'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './FollowUp.module.css'

const WORDS = ['unknown', 'yes', 'no'] as const
type Word = (typeof WORDS)[number]
const wordOf = (value: boolean | null): Word => (value === null ? 'unknown' : value ? 'yes' : 'no')
const valueOf = (word: string | null): boolean | null => (word === 'yes' ? true : word === 'no' ? false : null)

/** What a cancer programme asks of each presentation; not recorded is not "no". */
export function PresentationRows({ entry, found }: { entry: CaseDetail; found: CaseFollowUp }) {
  const { t } = useTranslation('followup')
  const { present } = useCaseFollowUpActions(entry.id)
  const presented = found.agenda_items.filter(({ status }) => status === 'discussed' || status === 'current')
  if (!entry.can.includes('edit') || presented.length === 0) return null
  const choices = WORDS.map((value) => ({ value, label: t(`presentation.${value}`) }))
  return (
    <>
      <h3 className={classes.heading}>{t('presentation.title')}</h3>
      <ul className={classes.list} aria-label={t('presentation.title')}>
        {presented.map(({ id, board, starts_at, is_prospective, is_analytic }) => (
          <li key={id} className={classes.row}>
            <span className={classes.body}>{`${board} · ${formatDate(starts_at)}`}</span>
            <Select size="xs" w={160} label={t('presentation.prospective')} allowDeselect={false} value={wordOf(is_prospective)} data={choices} onChange={(word) => present.mutate({ item: id, is_prospective: valueOf(word), is_analytic })} />
            <Select size="xs" w={160} label={t('presentation.analytic')} allowDeselect={false} value={wordOf(is_analytic)} data={choices} onChange={(word) => present.mutate({ item: id, is_prospective, is_analytic: valueOf(word) })} />
          </li>
        ))}
      </ul>
      {present.error && <ProblemNotice problem={present.error} />}
    </>
  )
}
