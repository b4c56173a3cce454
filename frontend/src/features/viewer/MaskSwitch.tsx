import { Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import type { CaseRoom } from './useCaseRoom'
import classes from './panels.module.css'

/** All outlines on, or all off. */
export function MaskSwitch({ room }: { room: CaseRoom }) {
  const { t } = useTranslation('viewer')
  const withMask = room.findings.filter(
    (entry) => entry.mask_url !== null && entry.state !== 'dismissed' && entry.state !== 'superseded',
  )
  if (withMask.length === 0) return null
  const ids = withMask.map((entry) => entry.id)
  const all = ids.every((id) => room.visibleMasks.has(id))
  return (
    <div className={classes.switch}>
      <Switch
        size="xs"
        checked={all}
        label={t('masks.show')}
        onChange={(event) => room.showMasks(ids, event.currentTarget.checked)}
      />
      {ids.some((id) => room.failedMasks.has(id)) && (
        <span className={classes.tileWarning}>{t('masks.failed')}</span>
      )}
    </div>
  )
}
