import { Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { IconArrowsDiff, IconEqual, IconEqualNot, IconQuestionMark } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Problem } from '@/api/problem'
import { Chip, type Tone } from '@/ui/Chip'
import { formatDate, formatPatientName } from '@/ui/format'

import classes from './Case.module.css'
import { compareIdentities, type IdentityField, type IdentityRelation } from './mismatch'

interface MismatchPanelProps {
  problem: Problem
  mayConfirm: boolean
  busy: boolean
  /** What going back means here; by default just that. */
  backLabel?: string
  onConfirm: (reason: string) => void
  onBack: () => void
}

const SHORTEST_REASON = 10

const show = (field: IdentityField, value: string): string => {
  if (!value) return '–'
  if (field === 'name') return formatPatientName(value)
  return field === 'birth_date' ? formatDate(value) : value
}

const RELATIONS: Record<IdentityRelation, { tone: Tone; icon: typeof IconEqual }> = {
  contradicts: { tone: 'urgent', icon: IconArrowsDiff },
  differs: { tone: 'warning', icon: IconEqualNot },
  same: { tone: 'neutral', icon: IconEqual },
  unknown: { tone: 'neutral', icon: IconQuestionMark },
}

function RelationChip({ relation }: { relation: IdentityRelation }) {
  const { t } = useTranslation('cases')
  const { tone, icon: Icon } = RELATIONS[relation]
  return (
    <Chip tone={tone} bare icon={<Icon size={14} aria-hidden />}>
      {t(`mismatch.${relation}`)}
    </Chip>
  )
}

/** Two identities side by side; going on takes a coordinator and a written reason. */
export function MismatchPanel({ problem, mayConfirm, busy, backLabel, onConfirm, onBack }: MismatchPanelProps) {
  const { t } = useTranslation('cases')
  const [reason, setReason] = useState('')
  return (
    <Stack gap="sm">
      <Text fw={600}>{t('mismatch.title')}</Text>
      <Text c="dimmed">{t('mismatch.text')}</Text>
      <table className={classes.identities}>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('mismatch.case')}</th>
            <th scope="col">{t('mismatch.study')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {compareIdentities(problem).map((row) => (
            <tr key={row.field} className={row.relation === 'contradicts' ? classes.differs : undefined}>
              <th scope="row">{t(`mismatch.field.${row.field}`)}</th>
              <td>{show(row.field, row.ofCase)}</td>
              <td>{show(row.field, row.ofStudy)}</td>
              <td>
                <RelationChip relation={row.relation} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {mayConfirm ? (
        <Textarea
          label={t('mismatch.reason')}
          description={t('mismatch.reasonHint')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={2000}
        />
      ) : (
        <Text c="var(--c-warning)">{t('mismatch.notAllowed')}</Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" disabled={busy} onClick={onBack}>
          {backLabel ?? t('mismatch.back')}
        </Button>
        {mayConfirm && (
          <Button color="urgent" loading={busy} disabled={reason.trim().length < SHORTEST_REASON} onClick={() => onConfirm(reason.trim())}>
            {t('mismatch.confirm')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
