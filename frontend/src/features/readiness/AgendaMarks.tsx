import { Checkbox } from '@mantine/core'
import { IconArrowForwardUp, IconClockExclamation } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useAgendaAsAWhole } from '@/api/readiness'
import type { AgendaItem } from '@/api/types'
import { Chip } from '@/ui/Chip'

import { ReadinessCell } from './ReadinessCell'

/** What is special about a case on this agenda: late with its reason, carried over, not ready. */
export function AgendaMarks({ item }: { item: AgendaItem }) {
  const { t } = useTranslation('readiness')
  return (
    <>
      {item.late_reason && (
        <Chip tone="warning" icon={<IconClockExclamation size={13} aria-hidden />} hint={item.late_reason}>
          {t('agenda.late')}
        </Chip>
      )}
      {item.is_carried_over && (
        <Chip icon={<IconArrowForwardUp size={13} aria-hidden />}>{t('agenda.carried')}</Chip>
      )}
      {item.is_complex && <Chip>{t('agenda.complex')}</Chip>}
      {item.status === 'planned' && <ReadinessCell readiness={item.case.readiness} roomy={false} />}
    </>
  )
}

/** The longer time box, by the board's minutes for it. */
export function ComplexBox({ item }: { item: AgendaItem }) {
  const { t } = useTranslation('readiness')
  const { timeBox } = useAgendaAsAWhole(item.meeting)
  return (
    <Checkbox
      size="md"
      checked={item.is_complex}
      disabled={timeBox.isPending}
      aria-label={t('agenda.makeComplex', { title: item.case.title })}
      title={t('agenda.complex')}
      onChange={(event) => timeBox.mutate({ item, is_complex: event.currentTarget.checked })}
    />
  )
}
