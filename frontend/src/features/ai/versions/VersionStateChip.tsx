import { IconArchive, IconCircleCheck, IconClipboardCheck, IconClock, IconGhost2, IconPlayerPause, IconWorldDownload } from '@tabler/icons-react'

import type { ModelVersion } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { wordFor } from '@/ui/format'

const LOOKS = {
  registered: { tone: 'neutral', Icon: IconClock },
  validated: { tone: 'accent', Icon: IconClipboardCheck },
  active: { tone: 'ok', Icon: IconCircleCheck },
  shadow: { tone: 'ai', Icon: IconGhost2 },
  suspended: { tone: 'warning', Icon: IconPlayerPause },
  retired: { tone: 'neutral', Icon: IconArchive },
  external: { tone: 'neutral', Icon: IconWorldDownload },
} as const

export function VersionStateChip({ state }: { state: ModelVersion['state'] }) {
  const { tone, Icon } = LOOKS[state]
  return (
    <Chip tone={tone} icon={<Icon size={13} aria-hidden />}>
      {wordFor('versionState', state)}
    </Chip>
  )
}
