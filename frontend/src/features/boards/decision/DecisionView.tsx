import { Button, Group } from '@mantine/core'
import { IconHistory, IconPhoto } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useCaseRecordings } from '@/api/recordings'
import type { Decision } from '@/api/types'
import { decisionViewPath, replayPath } from '@/features/replay/paths'
import { signedView } from '@/features/replay/decisionView'

/** What the board had before its eyes when this was signed (LIVE-R2). */
export function DecisionView({ decision }: { decision: Decision }) {
  const { t } = useTranslation('replay')
  const view = signedView(decision)
  const recordings = useCaseRecordings(decision.case)
  if (view === null) return null
  const lasts = recordings.data?.some(({ session }) => session === view.session)
  return (
    <Group gap={8}>
      <Button
        component={Link}
        to={decisionViewPath(decision.case, decision.id)}
        size="compact-sm"
        variant="default"
        leftSection={<IconPhoto size={15} aria-hidden />}
      >
        {t('decision.openView')}
      </Button>
      {lasts && (
        <Button
          component={Link}
          to={replayPath(view.session, decision.case, view.seq)}
          size="compact-sm"
          variant="default"
          leftSection={<IconHistory size={15} aria-hidden />}
        >
          {t('decision.from')}
        </Button>
      )}
    </Group>
  )
}
