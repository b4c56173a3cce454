import { Checkbox, Progress } from '@mantine/core'
import { IconAlertTriangle, IconBan, IconCircleCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { ResearchStack } from '@/api/research'
import type { Study } from '@/api/types'
import { formatBytes } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Research.module.css'
import type { ExportStep } from './useExports'
import { adviceFor, gridWords, stackName } from './words'

interface ExportRowProps {
  study: Study
  one: ResearchStack
  step: ExportStep | undefined
  isChosen: boolean
  isLocked: boolean
  onChoose: (isOn: boolean) => void
}

/** One zip to be: its images, the masks that go along, what stays behind and why. */
export function ExportRow({ study, one, step, isChosen, isLocked, onChoose }: ExportRowProps) {
  const { t } = useTranslation('research')
  const name = stackName(study, one)
  if (one.refusal) {
    return (
      <li className={classes.row}>
        <IconBan size={18} className={classes.sign} aria-hidden />
        <div className={classes.text}>
          <div className={classes.strong}>{name}</div>
          <div className={classes.warning}>
            {t('export.cannot')} {one.refusal.message} {adviceFor(one.refusal.code)}
          </div>
        </div>
      </li>
    )
  }
  return (
    <li className={classes.row}>
      <div className={classes.text}>
        <Checkbox label={name} checked={isChosen} disabled={isLocked} onChange={(event) => onChoose(event.currentTarget.checked)} />
        <div className={classes.facts}>
          {one.shape && one.spacing_mm && <div className={classes.dim}>{gridWords(one.shape, one.spacing_mm)}</div>}
          {one.masks.length === 0 && <div className={classes.dim}>{t('export.noMasks')}</div>}
          {one.masks.map((mask, index) => (
            <div key={index}>
              {t(`export.mask.${mask.source}`, { name: mask.labels.join(', ') || mask.name, by: mask.by })}
            </div>
          ))}
          {one.left_out.map((left, index) => (
            <div key={`left-${index}`} className={classes.warning}>
              <IconAlertTriangle size={13} aria-hidden /> {t(`export.stays.${left.kind}`)} {left.message}
            </div>
          ))}
          {step && <StepLine name={name} step={step} />}
        </div>
      </div>
    </li>
  )
}

function StepLine({ name, step }: { name: string; step: ExportStep }) {
  const { t } = useTranslation('research')
  switch (step.step) {
    case 'waiting':
    case 'cancelled':
      return (
        <div className={classes.dim} role="status">
          {t(`export.step.${step.step}`)}
        </div>
      )
    case 'packing':
      return <Bar label={t('export.step.packing')} name={name} value={null} />
    case 'receiving': {
      const { bytes, total } = step.received
      const size = total > 0 ? t('export.of', { done: formatBytes(bytes), total: formatBytes(total) }) : formatBytes(bytes)
      return <Bar label={t('export.step.receiving', { size })} name={name} value={total > 0 ? (bytes / total) * 100 : null} />
    }
    case 'saved':
      return (
        <div className={classes.ok} role="status">
          <IconCircleCheck size={14} aria-hidden /> {t('export.step.saved', { size: formatBytes(step.bytes) })}
        </div>
      )
    case 'failed':
      return <ProblemNotice problem={step.problem} />
  }
}

function Bar({ label, name, value }: { label: string; name: string; value: number | null }) {
  return (
    <div className={classes.bar}>
      <Progress.Root size={5}>
        <Progress.Section value={value ?? 100} striped={value === null} animated={value === null} aria-label={`${name}: ${label}`} />
      </Progress.Root>
      <span className={classes.dim}>{label}</span>
    </div>
  )
}
