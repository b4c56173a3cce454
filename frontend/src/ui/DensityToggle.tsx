import { ActionIcon, Tooltip } from '@mantine/core'
import { IconBaselineDensityMedium, IconBaselineDensitySmall } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { usePreferences } from './preferences'

export function DensityToggle() {
  const { t } = useTranslation()
  const { density, setDensity } = usePreferences()
  const compact = density === 'compact'
  const label = compact ? t('list.comfortable') : t('list.compact')
  const Icon = compact ? IconBaselineDensityMedium : IconBaselineDensitySmall
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={34} aria-label={label} onClick={() => setDensity(compact ? 'comfortable' : 'compact')}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
