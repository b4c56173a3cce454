import { Button, Modal, Stack, TextInput } from '@mantine/core'
import { IconCheck, IconFilterOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useAgendaActions } from '@/api/boards'
import { useCases } from '@/api/cases'
import { useCapacity } from '@/api/readiness'
import type { AgendaItem, CaseListEntry } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { ImagesMeter, UrgencyChip } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatPatientName } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { SearchField } from '@/ui/SearchField'

import classes from './Boards.module.css'

const ROWS_SHOWN = 50
const NOT_TO_DISCUSS = new Set(['closed', 'withdrawn'])

const isMatch = (entry: CaseListEntry, search: string): boolean =>
  `${entry.title} ${entry.clinical_question} ${entry.patient.name} ${entry.patient.patient_id}`.toLowerCase().includes(search.toLowerCase().trim())

interface AddCaseDialogProps {
  meetingId: string
  items: readonly AgendaItem[]
  onClose: () => void
}

export function AddCaseDialog({ meetingId, items, onClose }: AddCaseDialogProps) {
  const { t } = useTranslation('boards')
  const [search, setSearch] = useState('')
  const [lateReason, setLateReason] = useState('')
  const capacity = useCapacity(meetingId)
  const cases = useCases()
  const { schedule } = useAgendaActions(meetingId)
  const planned = new Set(items.map((item) => item.case.id))
  const shown = (cases.data ?? []).filter((entry) => !NOT_TO_DISCUSS.has(entry.status) && isMatch(entry, search)).slice(0, ROWS_SHOWN)
  return (
    <Modal opened onClose={onClose} title={t('addCase.title')} size="lg">
      <Stack gap="sm">
        <SearchField value={search} onChange={setSearch} label={t('addCase.search')} width="100%" />
        {capacity.data?.is_past_cut_off && (
          <TextInput
            label={t('readiness:bulk.lateReason')}
            description={t('readiness:bulk.lateHint')}
            maxLength={300}
            value={lateReason}
            onChange={(event) => setLateReason(event.currentTarget.value)}
          />
        )}
        {(schedule.error ?? cases.error) && <ProblemNotice problem={schedule.error ?? cases.error} />}
        {!cases.data && !cases.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
        {cases.data && shown.length === 0 && <EmptyState icon={IconFilterOff} title={t('addCase.none')} hint={t('addCase.noneHint')} />}
        <ul className={classes.items} style={{ maxHeight: 420, overflow: 'auto' }}>
          {shown.map((entry) => (
            <li key={entry.id} className={classes.item} style={{ gridTemplateColumns: '1fr auto' }}>
              <span>
                <div className={classes.itemTitle}>
                  {entry.title}
                  <UrgencyChip urgency={entry.urgency} reason={entry.urgency_reason} />
                </div>
                <div className={classes.dim}>{formatPatientName(entry.patient.name)}</div>
              </span>
              <span className={classes.itemEnd}>
                <ImagesMeter images={entry.images} />
                {planned.has(entry.id) ? (
                  <Chip tone="ok" icon={<IconCheck size={13} aria-hidden />}>
                    {t('addCase.added')}
                  </Chip>
                ) : (
                  <Button size="xs" loading={schedule.isPending && schedule.variables?.caseId === entry.id} onClick={() => schedule.mutate({ caseId: entry.id, lateReason })}>
                    {t('addCase.add')}
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
      </Stack>
    </Modal>
  )
}
