import { Button } from '@mantine/core'
import { IconRobot } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useBoards } from '@/api/boards'
import { useMe } from '@/api/session'

/** To the rules, for AI administration and for chairs of boards; the server decides. */
export function AutomationLink() {
  const { t } = useTranslation('automation')
  const me = useMe()
  const boards = useBoards()
  const isAdmin = me.data?.system_roles.includes('ai_admin') ?? false
  if (!isAdmin && !boards.data?.some((board) => board.my_role === 'chair')) return null
  return (
    <Button component={Link} to="/automation" variant="default" leftSection={<IconRobot size={16} aria-hidden />}>
      {t('link')}
    </Button>
  )
}
