import { Button } from '@mantine/core'
import { IconRobot } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

/** To the rules; the server decides who may read them. */
export function AutomationLink() {
  const { t } = useTranslation('automation')
  return (
    <Button component={Link} to="/automation" variant="default" leftSection={<IconRobot size={16} aria-hidden />}>
      {t('link')}
    </Button>
  )
}
