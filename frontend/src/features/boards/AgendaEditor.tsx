import { ActionIcon, Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown, IconChevronUp, IconTrash } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router-dom'

import { useAgendaActions } from '@/api/boards'
import type { AgendaItem } from '@/api/types'
import { AgendaMarks, ComplexBox } from '@/features/readiness/AgendaMarks'
import { AiUrgencyChip, AiUrgencyLine } from '@/ui/AiUrgency'
import { Chip } from '@/ui/Chip'
import { CaseAiMark, ImagesMeter, UrgencyChip } from '@/ui/clinical'
import { formatPatientName, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { isTyping, useListKeys } from '@/ui/useListKeys'

import classes from './Boards.module.css'

interface AgendaEditorProps {
  meetingId: string
  items: readonly AgendaItem[]
  mayEdit: boolean
  keysEnabled: boolean
}

/** The agenda in order. Moved by dragging, by buttons or Alt+arrow; taking off can be undone. */
export function AgendaEditor({ meetingId, items, mayEdit, keysEnabled }: AgendaEditorProps) {
  const { t } = useTranslation('boards')
  const navigate = useNavigate()
  const { move, remove, schedule } = useAgendaActions(meetingId)
  const ordered = [...items].sort((a, b) => a.position - b.position)
  const { selected, setSelected } = useListKeys({
    count: ordered.length,
    enabled: keysEnabled,
    onOpen: (index) => ordered[index] && void navigate(`/cases/${ordered[index].case.id}`),
  })
  const [dragged, setDragged] = useState<string | null>(null)
  const shift = (index: number, by: -1 | 1) => {
    const item = ordered[index]
    const target = index + by
    if (!item || target < 0 || target >= ordered.length || move.isPending) return
    move.mutate({ item, position: target + 1 })
    setSelected(target)
  }
  const drop = (target: number) => {
    const item = ordered.find((one) => one.id === dragged)
    setDragged(null)
    if (item && ordered[target]?.id !== item.id && !move.isPending) move.mutate({ item, position: target + 1 })
  }
  useEffect(() => {
    if (!mayEdit || !keysEnabled) return
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || isTyping(event.target) || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
      event.preventDefault()
      shift(selected, event.key === 'ArrowUp' ? -1 : 1)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
  const takeOff = (item: AgendaItem) =>
    remove.mutate(item, {
      onSuccess: () => {
        const id = notifications.show({
          title: t('agenda.removed', { title: item.case.title }),
          message: (
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() => {
                notifications.hide(id)
                schedule.mutate({ caseId: item.case.id, lateReason: item.late_reason || t('readiness:agenda.putBack') }, {
                  onSuccess: (again) => move.mutate({ item: again, position: item.position }),
                })
              }}
            >
              {t('common:action.undo')}
            </Button>
          ),
        })
      },
    })
  const problem = move.error ?? remove.error ?? schedule.error
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      <ol className={classes.items} aria-label={t('agenda.title')}>
        {ordered.map((item, index) => (
          <li
            key={item.id}
            className={`${classes.item} ${index === selected ? classes.itemSelected : ''}`}
            onClick={() => setSelected(index)}
            draggable={mayEdit && item.status === 'planned'}
            onDragStart={() => setDragged(item.id)}
            onDragEnd={() => setDragged(null)}
            onDragOver={(event) => dragged && event.preventDefault()}
            onDrop={() => drop(index)}
          >
            <span className={classes.itemNumber}>{String(index + 1).padStart(2, '0')}</span>
            <AgendaItemText item={item} />
            <span className={classes.itemEnd}>
              <CaseAiMark entry={item.case} />
              <ImagesMeter images={item.case.images} />
              <span className={classes.dim}>{t('agenda.minutes', { count: item.minutes })}</span>
              {mayEdit && item.status === 'planned' && <ComplexBox item={item} />}
              {mayEdit && item.status === 'planned' && (
                <span>
                  <ActionIcon variant="subtle" color="gray" disabled={index === 0} aria-label={t('agenda.up', { title: item.case.title })} onClick={() => shift(index, -1)}>
                    <IconChevronUp size={16} aria-hidden />
                  </ActionIcon>
                  <ActionIcon variant="subtle" color="gray" disabled={index === ordered.length - 1} aria-label={t('agenda.down', { title: item.case.title })} onClick={() => shift(index, 1)}>
                    <IconChevronDown size={16} aria-hidden />
                  </ActionIcon>
                  <ActionIcon variant="subtle" color="gray" aria-label={t('agenda.remove', { title: item.case.title })} onClick={() => takeOff(item)}>
                    <IconTrash size={15} aria-hidden />
                  </ActionIcon>
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}

function AgendaItemText({ item }: { item: AgendaItem }) {
  return (
    <span>
      <div className={classes.itemTitle}>
        <Link to={`/cases/${item.case.id}`}>{item.case.title}</Link>
        <UrgencyChip urgency={item.case.urgency} reason={item.case.urgency_reason} />
        <AiUrgencyChip urgency={item.case.ai_urgency} />
        <AgendaMarks item={item} />
        {item.status !== 'planned' && <Chip tone={item.status === 'current' ? 'accent' : 'neutral'}>{wordFor('agendaStatus', item.status)}</Chip>}
      </div>
      <div className={`${classes.dim} ${classes.itemQuestion}`}>
        {[formatPatientName(item.case.patient.name), item.case.clinical_question].filter(Boolean).join(' · ')}
      </div>
      <AiUrgencyLine urgency={item.case.ai_urgency} />
    </span>
  )
}
