import { Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconClockHour4 } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { CaseListEntry } from '@/api/types'
import { Chip } from '@/ui/Chip'

import classes from './Readiness.module.css'
import { notThereInWords } from './words'

/** In a list: green or how much is missing, and what, in words. */
export function ReadinessCell({ readiness, roomy = true }: { readiness: CaseListEntry['readiness']; roomy?: boolean }) {
  const { t } = useTranslation('readiness')
  if (!readiness) return <span className={classes.dim}>{t('notComputed')}</span>
  const words = notThereInWords(readiness, t)
  const open = readiness.not_there.filter((one) => one.is_open).length
  const Icon = readiness.is_ready ? IconCircleCheck : readiness.is_overridden ? IconClockHour4 : IconAlertTriangle
  const chip = (
    <Chip tone={readiness.is_ready ? 'ok' : 'warning'} icon={<Icon size={13} aria-hidden />}>
      {readiness.is_ready ? t('met', { met: readiness.met, total: readiness.total }) : t('notReady', { count: open })}
    </Chip>
  )
  return (
    <div className={classes.cell}>
      {words ? (
        <Tooltip label={words} multiline maw={360}>
          <span>{chip}</span>
        </Tooltip>
      ) : (
        chip
      )}
      {roomy && words && <span className={classes.words}>{words}</span>}
      {!roomy && words && <span className="c-visually-hidden">{words}</span>}
    </div>
  )
}
