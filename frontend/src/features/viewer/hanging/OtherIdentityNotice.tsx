import { Button } from '@mantine/core'
import { IconUserExclamation, IconUsersGroup } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Viewer } from '@/viewer/viewer'

import classes from '../viewer.module.css'

/** Why these images do not stand here, and the one way to have them here all the same. */
export function OtherIdentityNotice({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('hanging')
  return (
    <div className={classes.notice} role="alert" data-testid="identity-refused">
      <IconUserExclamation size={22} aria-hidden />
      <div className={classes.strong}>{t('comparison.refused')}</div>
      <div>{t('comparison.refusedWhy')}</div>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconUsersGroup size={14} />}
        onClick={() => viewer.comparison.choose(true, 'user')}
      >
        {t('comparison.begin')}
      </Button>
    </div>
  )
}
