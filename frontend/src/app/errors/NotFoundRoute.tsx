import { Button } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { EmptyState } from '@/ui/EmptyState'
import { Screen } from '@/ui/Screen'

export default function NotFoundRoute() {
  const { t } = useTranslation()
  return (
    <Screen title={t('notFound.title')}>
      <EmptyState
        icon={IconMapOff}
        title={t('notFound.title')}
        hint={t('notFound.text')}
        action={
          <Button component={Link} to="/" variant="default">
            {t('notFound.home')}
          </Button>
        }
      />
    </Screen>
  )
}
