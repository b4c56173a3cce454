import { Button, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type FollowUpRule, useFollowUpRule, useSetFollowUpRule } from '@/api/numbers'
import type { Board } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'

/** When the board follows up, on which clock, and what its registry says of a year. */
export function RuleDialog({ board, onClose }: { board: Board; onClose: () => void }) {
  const { t } = useTranslation('numbers')
  const rule = useFollowUpRule(board.id)
  return (
    <Modal opened onClose={onClose} title={t('rule.title', { board: board.name })}>
      {rule.error && !rule.data && <ProblemNotice problem={rule.error} onRetry={() => void rule.refetch()} />}
      {!rule.data && !rule.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
      {rule.data && <RuleForm key={rule.data.version} board={board} rule={rule.data} onClose={onClose} />}
    </Modal>
  )
}

/** "30, 90" as numbers; what is none is left to the server to refuse. */
export const readDays = (text: string): number[] => text.split(/[\s,;]+/).filter(Boolean).map(Number).filter(Number.isInteger)

function RuleForm({ board, rule, onClose }: { board: Board; rule: FollowUpRule; onClose: () => void }) {
  const { t } = useTranslation('numbers')
  const save = useSetFollowUpRule(board.id)
  const [days, setDays] = useState(rule.days.join(', '))
  const [zone, setZone] = useState(rule.time_zone ?? '')
  const [analytic, setAnalytic] = useState<number | string>(rule.analytic_cases_a_year ?? '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const analyticCases = typeof analytic === 'number' ? analytic : null
    save.mutate({ version: rule.version ?? 0, days: readDays(days), time_zone: zone.trim(), analytic_cases_a_year: analyticCases }, { onSuccess: onClose })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput data-autofocus label={t('rule.days')} description={t('rule.daysHint')} required value={days} onChange={(event) => setDays(event.currentTarget.value)} />
        <TextInput label={t('rule.zone')} description={t('rule.zoneHint')} maxLength={64} value={zone} onChange={(event) => setZone(event.currentTarget.value)} />
        <NumberInput label={t('rule.analytic')} description={t('rule.analyticHint')} min={1} max={1_000_000} allowDecimal={false} value={analytic} onChange={setAnalytic} />
        {save.error && <ProblemNotice problem={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
