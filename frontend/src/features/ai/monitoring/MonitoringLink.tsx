import { Button } from '@mantine/core'
import { IconChartLine } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useMe } from '@/api/session'
import type { ModelEntry } from '@/api/types'

/** Disciplines that meet the results; the server decides who sees figures. */
const NOT_CLINICAL = new Set(['', 'coordination', 'administration', 'other', 'nursing'])

/** The door to a model's figures, for whom it opens. */
export function MonitoringLink({ model }: { model: ModelEntry }) {
  const { t } = useTranslation('monitoring')
  const me = useMe()
  if (!me.data) return null
  const isClinician = !NOT_CLINICAL.has(me.data.discipline) && !me.data.is_trainee
  if (!isClinician && !me.data.system_roles.includes('ai_admin')) return null
  return (
    <Button component={Link} to={`/models/${model.id}/monitoring`} size="xs" variant="default" leftSection={<IconChartLine size={15} aria-hidden />} aria-label={t('titleOf', { name: model.name })}>
      {t('title')}
    </Button>
  )
}
