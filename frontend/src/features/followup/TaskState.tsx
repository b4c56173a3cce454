import { IconAlertTriangle, IconCheck, IconCircleHalf2, IconCircleX, IconClock, IconProgress, IconShare3, IconUserQuestion } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { FollowUpTask } from '@/api/followup'
import { Chip } from '@/ui/Chip'

const SIZE = { size: 13, 'aria-hidden': true } as const

export const isOverdue = (task: FollowUpTask, now: Date = new Date()): boolean => task.state !== 'done' && new Date(task.overdue_from) <= now

/** What became of it, or how it stands: a word, with an icon beside the colour. */
export function TaskState({ task }: { task: FollowUpTask }) {
  const { t } = useTranslation('followup')
  const { result } = task
  if (task.handed_over_to) {
    return (
      <Chip icon={<IconShare3 {...SIZE} />} hint={task.handed_over_to}>
        {t('state.handedOver')}
      </Chip>
    )
  }
  if (task.state === 'done' && result) {
    if (result.implementation === 'full') return <Chip tone="ok" icon={<IconCheck {...SIZE} />}>{t('choice.full')}</Chip>
    if (result.implementation === 'partial') return <Chip tone="warning" icon={<IconCircleHalf2 {...SIZE} />}>{t('choice.partial')}</Chip>
    if (result.implementation === 'not') return <Chip tone="urgent" icon={<IconCircleX {...SIZE} />}>{t('choice.not')}</Chip>
    return <Chip icon={<IconUserQuestion {...SIZE} />}>{t('choice.lost-to-follow-up')}</Chip>
  }
  if (isOverdue(task)) return <Chip tone="urgent" icon={<IconAlertTriangle {...SIZE} />}>{t('state.overdue')}</Chip>
  if (task.state === 'ongoing') return <Chip tone="accent" icon={<IconProgress {...SIZE} />}>{t('state.ongoing')}</Chip>
  return <Chip icon={<IconClock {...SIZE} />}>{t('state.open')}</Chip>
}

/** Why it was not carried out in full, in words. */
export function TaskReason({ task }: { task: FollowUpTask }) {
  const { t } = useTranslation('followup')
  const { result } = task
  if (!result) return null
  const words = [result.reason_code && t(`reason.${result.reason_code}`), result.text].filter(Boolean)
  return <>{words.join(' · ')}</>
}
