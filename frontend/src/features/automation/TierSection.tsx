import { Button, Group, Modal, NumberInput, Select, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconVolume, IconVolumeOff } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { UrgencyTier } from '@/api/types'
import { useChangeTier, useUrgencyTiers } from '@/api/urgency'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Automation.module.css'

const TIERS: UrgencyTier['tier'][] = ['interrupt', 'reorder', 'passive']
const PER_CENT = 100
const S_PER_MINUTE = 60
const perCent = (share: number) => `${Math.round(share * PER_CENT)} %`

/** Per kind of finding: how loud it may be, and whether it kept to its budgets. */
export function TierSection() {
  const { t } = useTranslation('automation')
  const tiers = useUrgencyTiers(true)
  const [editing, setEditing] = useState<UrgencyTier | null>(null)
  return (
    <Section title={t('tiers.title')} count={tiers.data?.length}>
      {tiers.error && !tiers.data && <ProblemNotice problem={tiers.error} onRetry={() => void tiers.refetch()} />}
      {!tiers.data && !tiers.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {tiers.data?.length === 0 && <EmptyState icon={IconVolume} title={t('tiers.none')} hint={t('tiers.noneHint')} />}
      {tiers.data && tiers.data.length > 0 && (
        <ul className={classes.rows} aria-label={t('tiers.title')}>
          {tiers.data.map((tier) => (
            <TierRow key={tier.id} tier={tier} onEdit={() => setEditing(tier)} />
          ))}
        </ul>
      )}
      {editing && <BudgetDialog tier={editing} onClose={() => setEditing(null)} />}
    </Section>
  )
}

function TierRow({ tier, onEdit }: { tier: UrgencyTier; onEdit: () => void }) {
  const { t } = useTranslation('automation')
  const change = useChangeTier()
  const named = { finding: tier.finding, model: tier.model }
  return (
    <li className={classes.row}>
      <span className={classes.grow}>
        <div className={classes.name}>
          {tier.finding}
          {tier.demoted_because && (
            <Chip tone="warning" icon={<IconVolumeOff size={13} aria-hidden />}>
              {t(`tiers.demoted.${tier.demoted_because}`)}
            </Chip>
          )}
        </div>
        <div className={classes.dim}>{tier.model}</div>
        <div className={classes.dim}>{describeFigures(tier, t).join(' · ')}</div>
        {change.error && <ProblemNotice problem={change.error} />}
      </span>
      <Select
        w={230}
        allowDeselect={false}
        aria-label={t('tiers.tierOf', named)}
        value={tier.tier}
        disabled={change.isPending}
        onChange={(value) => value && change.mutate({ tier, changes: { tier: value as UrgencyTier['tier'] } })}
        data={TIERS.map((value) => ({ value, label: t(`tiers.tier.${value}`) }))}
      />
      <Button size="xs" variant="default" aria-label={t('tiers.budgetsOf', named)} onClick={onEdit}>
        {t('tiers.budgets')}
      </Button>
    </li>
  )
}

function describeFigures({ figures, max_share, min_ppv }: UrgencyTier, t: TFunction<'automation'>): string[] {
  const few = ` (${t('tiers.few')})`
  const said = [
    `${t('tiers.share', figures)}${figures.share === null ? few : ` = ${perCent(figures.share)}`}, ${t('tiers.shareOf', { max: perCent(max_share) })}`,
    `${t('tiers.ppv', figures)}${figures.ppv === null ? few : ` = ${perCent(figures.ppv)}`}, ${t('tiers.ppvOf', { min: perCent(min_ppv) })}`,
    t('tiers.repeats', { count: figures.repeats }),
  ]
  if (figures.median_acknowledged_s !== null) {
    said.push(t('tiers.acknowledged', { minutes: Math.round(figures.median_acknowledged_s / S_PER_MINUTE), count: figures.acknowledged }))
  }
  return said
}

function BudgetDialog({ tier, onClose }: { tier: UrgencyTier; onClose: () => void }) {
  const { t } = useTranslation('automation')
  const change = useChangeTier()
  const form = useForm({
    initialValues: {
      share: Math.round(tier.max_share * PER_CENT),
      ppv: Math.round(tier.min_ppv * PER_CENT),
      days: tier.repeat_window_days,
    },
  })
  const submit = form.onSubmit(({ share, ppv, days }) =>
    change.mutate({ tier, changes: { max_share: share / PER_CENT, min_ppv: ppv / PER_CENT, repeat_window_days: days } }, { onSuccess: onClose }),
  )
  return (
    <Modal opened onClose={onClose} title={t('tiers.budgetsOf', { finding: tier.finding, model: tier.model })}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <NumberInput label={t('tiers.maxShare')} suffix=" %" min={0} max={100} allowDecimal={false} {...form.getInputProps('share')} />
          <NumberInput label={t('tiers.minPpv')} suffix=" %" min={0} max={100} allowDecimal={false} {...form.getInputProps('ppv')} />
          <NumberInput label={t('tiers.window')} min={0} max={365} allowDecimal={false} {...form.getInputProps('days')} />
          {change.error && <ProblemNotice problem={change.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
