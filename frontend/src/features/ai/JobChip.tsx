import { IconAlertTriangle, IconBan, IconCircleDashed, IconCircleOff, IconClock, IconLoader2, IconSparkles } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { JobState } from '@/api/types'
import { Chip, type Tone } from '@/ui/Chip'
import { wordFor } from '@/ui/format'

/** Four endings that never look alike: findings, nothing found, not run, failed. */
const LOOKS: Record<JobState, { tone: Tone; icon: typeof IconClock }> = {
  queued: { tone: 'neutral', icon: IconClock },
  running: { tone: 'accent', icon: IconLoader2 },
  findings: { tone: 'ai', icon: IconSparkles },
  no_findings: { tone: 'ok', icon: IconCircleDashed },
  out_of_scope: { tone: 'warning', icon: IconBan },
  failed: { tone: 'urgent', icon: IconAlertTriangle },
  cancelled: { tone: 'neutral', icon: IconCircleOff },
}

export function JobChip({ state }: { state: JobState }) {
  const { t } = useTranslation('ai')
  const { tone, icon: Icon } = LOOKS[state]
  return (
    <Chip tone={tone} icon={<Icon size={13} aria-hidden />} hint={t(`job.means.${state}`)}>
      {wordFor('jobState', state)}
    </Chip>
  )
}
