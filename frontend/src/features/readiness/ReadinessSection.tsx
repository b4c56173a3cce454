import { ActionIcon, Button, Menu } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleOff,
  IconClockHour4,
  IconDotsVertical,
  IconHourglassOff,
  IconSparkles,
} from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useBulkActions, useReadiness, useReadinessActions } from '@/api/readiness'
import type { CaseDetail, CaseReadiness, ReadinessItem } from '@/api/types'
import { Chip, type Tone } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { formatRelative, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import { type ItemAct, ItemDialog } from './ItemDialog'
import classes from './Readiness.module.css'
import { TriageBar } from './TriageBar'
import { itemDetails } from './words'

const ICONS = {
  met: IconCircleCheck,
  missing: IconAlertTriangle,
  expected: IconClockHour4,
  too_old: IconHourglassOff,
  not_applicable: IconCircleOff,
} as const

/** What this case needs before it is discussed: there, missing, expected, too old, not applicable. */
export function ReadinessSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('readiness')
  const isShown = entry.can.includes('view_identified')
  const readiness = useReadiness(entry.id, isShown)
  if (!isShown) return null
  return (
    <Section title={t('title')} actions={readiness.data && <Verdict row={readiness.data} />}>
      {readiness.error && !readiness.data && <ProblemNotice problem={readiness.error} onRetry={() => void readiness.refetch()} />}
      {!readiness.data && !readiness.error && <LoadingRows label={t('common:list.loading')} rows={6} />}
      {readiness.data && <Readiness row={readiness.data} />}
    </Section>
  )
}

function Verdict({ row }: { row: CaseReadiness }) {
  const { t } = useTranslation('readiness')
  const open = row.items.filter((item) => item.is_open).length
  return (
    <Chip tone={row.is_ready ? 'ok' : 'warning'} icon={row.is_ready ? <IconCircleCheck size={13} aria-hidden /> : <IconAlertTriangle size={13} aria-hidden />}>
      {row.is_ready ? t('ready') : t('notReady', { count: open })}
    </Chip>
  )
}

function Readiness({ row }: { row: CaseReadiness }) {
  const { t } = useTranslation('readiness')
  const { takeTemplate } = useReadinessActions(row.case)
  const [open, setOpen] = useState<{ key: string; act: ItemAct } | null>(null)
  const { template } = row
  const item = row.items.find((one) => one.key === open?.key)
  return (
    <>
      <TriageBar row={row} keysEnabled={open === null} />
      {row.override && <div className={classes.notice}>{t('overriddenBy', { by: row.override.by, reason: row.override.reason })}</div>}
      {template.newest > template.version && (
        <div className={classes.notice}>
          {t('newer', { version: template.newest, kept: template.version })}
          {row.may.includes('triage') && (
            <Button size="compact-sm" variant="default" loading={takeTemplate.isPending} onClick={() => takeTemplate.mutate(template.newest)}>
              {t('take', { version: template.newest })}
            </Button>
          )}
          {takeTemplate.error && <ProblemNotice problem={takeTemplate.error} />}
        </div>
      )}
      <ul className={classes.items} aria-label={t('title')}>
        {row.items.map((one) => (
          <ItemRow key={one.key} row={row} item={one} onAct={(act) => setOpen({ key: one.key, act })} />
        ))}
      </ul>
      <div className={classes.foot}>
        <AiWord ai={row.ai} />
        <span>{t('template', { name: wordFor('tumourType', template.tumour_type), version: template.version })}</span>
        <span>{t('computed', { when: formatRelative(row.computed_at) })}</span>
      </div>
      {open && item && <ItemDialog caseId={row.case} item={item} act={open.act} onClose={() => setOpen(null)} />}
    </>
  )
}

function ItemRow({ row, item, onAct }: { row: CaseReadiness; item: ReadinessItem; onAct: (act: ItemAct) => void }) {
  const { t } = useTranslation('readiness')
  const { record } = useReadinessActions(row.case)
  const { remind } = useBulkActions()
  const Icon = ICONS[item.state] ?? IconCircleDashed
  const tone = item.is_open ? classes.open : item.state === 'met' ? classes.met : classes.waits
  const refused = remind.data?.results[0]?.code ? remind.data.results[0].message : null
  return (
    <li className={classes.item}>
      <Icon size={16} className={tone} aria-hidden />
      <span className={classes.name}>
        {item.label}
        {item.need !== 'required' && <span className={classes.dim}> {t(`need.${item.need}`)}</span>}
        <div className={classes.dim}>{itemDetails(item, t).join(' · ')}</div>
        {(record.error ?? remind.error) && <ProblemNotice problem={record.error ?? remind.error} />}
        {refused && <div className={classes.dim}>{refused}</div>}
      </span>
      <span className={tone}>{t(`state.${item.state}`)}</span>
      {row.may.includes('record') ? (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t('act.item', { item: item.label })}>
              <IconDotsVertical size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {item.is_recorded && <Menu.Item onClick={() => onAct('arrived')}>{t('act.arrived')}</Menu.Item>}
            <Menu.Item onClick={() => onAct('expected')}>{t('act.expected')}</Menu.Item>
            <Menu.Item onClick={() => onAct('not_needed')}>{t('act.not_needed')}</Menu.Item>
            {item.said_by && <Menu.Item onClick={() => record.mutate({ item: item.key, state: 'cleared' })}>{t('act.cleared')}</Menu.Item>}
            {row.may.includes('triage') && <Menu.Item onClick={() => onAct('owner')}>{t('act.owner')}</Menu.Item>}
            {row.may.includes('triage') && item.owner && (
              <Menu.Item onClick={() => remind.mutate([{ case: row.case, item: item.key }])}>{t('act.remind')}</Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      ) : (
        <span />
      )}
    </li>
  )
}

const AI_TONES: Record<string, Tone> = { failed: 'urgent', unreviewed: 'ai', reviewed: 'ok' }

function AiWord({ ai }: { ai: CaseReadiness['ai'] }) {
  const { t } = useTranslation('readiness')
  const word = ai.state === 'unreviewed' ? t('ai.unreviewed', { count: ai.unreviewed ?? 0 }) : t(`ai.${ai.state}`)
  return (
    <Chip tone={AI_TONES[ai.state] ?? 'neutral'} hatched={ai.state === 'unreviewed'} icon={<IconSparkles size={13} aria-hidden />}>
      {t('ai.label')}: {word}
    </Chip>
  )
}
