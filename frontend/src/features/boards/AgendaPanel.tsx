import { IconAlarm, IconArrowRight, IconCheck, IconListNumbers } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { AgendaItem } from '@/api/types'
import { AiUrgencyChip } from '@/ui/AiUrgency'
import { CaseAiMark, UrgencyChip } from '@/ui/clinical'
import { EmptyState } from '@/ui/EmptyState'
import { formatPatientName, wordFor } from '@/ui/format'

import classes from './Boards.module.css'

export interface AgendaPanelProps {
  items: readonly AgendaItem[]
  /** The agenda item under discussion, as the session says. */
  currentItemId: string | null
  /** Go to that case (presenter or chair); without it the rows are not buttons. */
  onOpen?: (item: AgendaItem) => void
  dense?: boolean
}

const MARKS = { discussed: IconCheck, deferred: IconAlarm } as const

/** The agenda at the side of the live room. Nothing moves when somebody joins. */
export function AgendaPanel({ items, currentItemId, onOpen, dense = false }: AgendaPanelProps) {
  const { t } = useTranslation('boards')
  if (items.length === 0) return <EmptyState compact icon={IconListNumbers} title={t('agenda.empty')} />
  const ordered = [...items].sort((a, b) => a.position - b.position)
  return (
    <ol className={classes.agenda} aria-label={t('agenda.title')}>
      {ordered.map((item) => {
        const isCurrent = item.id === currentItemId
        const Mark = isCurrent ? IconArrowRight : item.status in MARKS ? MARKS[item.status as keyof typeof MARKS] : null
        const body = (
          <>
            <span className={classes.agendaMark}>{Mark ? <Mark size={15} aria-hidden /> : null}</span>
            <span className={classes.agendaNumber}>{String(item.position).padStart(2, '0')}</span>
            <span className={classes.agendaText}>
              <span className={classes.agendaHead}>
                <span className={classes.agendaTitle}>{item.case.title}</span>
                <UrgencyChip urgency={item.case.urgency} reason={item.case.urgency_reason} />
                {!dense && <AiUrgencyChip urgency={item.case.ai_urgency} />}
                {!dense && <CaseAiMark entry={item.case} />}
              </span>
              {!dense && <span className={classes.agendaDetail}>{formatPatientName(item.case.patient.name)}</span>}
              {item.status !== 'planned' && <span className={classes.agendaDetail}>{wordFor('agendaStatus', item.status)}</span>}
            </span>
          </>
        )
        return (
          <li key={item.id} className={isCurrent ? classes.agendaCurrent : undefined} data-status={item.status} aria-current={isCurrent ? 'step' : undefined}>
            {onOpen ? (
              <button type="button" className={classes.agendaRow} onClick={() => onOpen(item)}>
                {body}
              </button>
            ) : (
              <span className={classes.agendaRow}>{body}</span>
            )}
          </li>
        )
      })}
    </ol>
  )
}
