import { Button, Checkbox, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type TriageWish, useReadinessActions } from '@/api/readiness'
import type { CaseReadiness } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { DEFERRAL_REASONS } from './words'

interface TriageDialogProps {
  row: CaseReadiness
  to: TriageWish['to']
  problem: unknown
  isPending: boolean
  onSend: (wish: TriageWish) => void
  onClose: () => void
}

/** What a move needs beyond its name: what is missing, which standard, why. */
export function TriageDialog({ row, to, problem, isPending, onSend, onClose }: TriageDialogProps) {
  const { t } = useTranslation('readiness')
  const { propose } = useReadinessActions(row.case)
  const absent = row.items.filter((item) => item.is_open)
  const [reason, setReason] = useState('')
  const [code, setCode] = useState<string | null>(null)
  const [standard, setStandard] = useState<string | null>(row.proposal?.standard ?? null)
  const [missing, setMissing] = useState<string[]>(absent.map((item) => item.key))
  const maySign = row.may.includes('sign')
  const isProposal = to === 'soc_listed' && !maySign
  const isBlocked = to === 'ready' && !maySign
  const send = () => {
    if (isProposal) return standard && propose.mutate({ standard, reason }, { onSuccess: onClose })
    onSend({
      to,
      reason,
      ...(to === 'deferred' ? { reason_code: code ?? '' } : {}),
      ...(to === 'soc_listed' ? { standard: standard ?? '' } : {}),
      ...(to === 'needs_info' ? { missing: missing.map((item) => ({ item })) } : {}),
      ...(to === 'ready' ? { override: true } : {}),
    })
  }
  const canSend =
    !isBlocked &&
    (to !== 'deferred' || code !== null) &&
    (to !== 'soc_listed' || standard !== null) &&
    (to !== 'needs_info' || missing.length > 0) &&
    ((to !== 'withdrawn' && to !== 'ready') || reason.trim() !== '')
  return (
    <Modal opened onClose={onClose} title={to === 'ready' ? t('triage.override') : wordFor('caseStatus', to)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (canSend) send()
        }}
      >
        <Stack gap="sm">
          {to === 'ready' && <Text size="sm">{t('triage.overrideHint', { items: absent.map((item) => item.label).join(', ') })}</Text>}
          {isBlocked && <Text size="sm">{t('triage.chairOnly')}</Text>}
          {to === 'deferred' && (
            <Select
              label={t('triage.reasonCode')}
              data={DEFERRAL_REASONS.map((value) => ({ value, label: t(`reason.${value}`) }))}
              value={code}
              onChange={setCode}
              searchable
              required
              data-autofocus
            />
          )}
          {to === 'soc_listed' &&
            (row.standards.length === 0 ? (
              <Text size="sm">{t('triage.noStandard')}</Text>
            ) : (
              <Select
                label={t('triage.standard')}
                description={row.standards.find((one) => one.key === standard)?.reference}
                data={row.standards.map((one) => ({ value: one.key, label: one.name }))}
                value={standard}
                onChange={setStandard}
                required
                data-autofocus
              />
            ))}
          {to === 'needs_info' && (
            <Checkbox.Group label={t('triage.missing')} value={missing} onChange={setMissing}>
              <Stack gap={6} mt={6}>
                {row.items
                  .filter((item) => item.state !== 'met' && item.state !== 'not_applicable')
                  .map((item) => (
                    <Checkbox size="md" key={item.key} value={item.key} label={item.label} />
                  ))}
              </Stack>
            </Checkbox.Group>
          )}
          {!isBlocked && (
            <Textarea
              label={to === 'ready' ? t('triage.overrideWhy') : t('triage.reason')}
              required={to === 'withdrawn' || to === 'ready' || code === 'other'}
              maxLength={500}
              autosize
              minRows={2}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
          {Boolean(problem ?? propose.error) && <ProblemNotice problem={problem ?? propose.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" disabled={!canSend} loading={isPending || propose.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
