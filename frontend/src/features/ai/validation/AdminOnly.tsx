import { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useMe } from '@/api/session'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'

/** The screen for AI administration, and a plain word for everybody else. */
export function AdminOnly({ children }: { children: ReactNode }) {
  const { t } = useTranslation('validation')
  const me = useMe()
  if (!me.data) return <LoadingRows label={t('common:list.loading')} rows={3} />
  if (!me.data.system_roles.includes('ai_admin')) return <EmptyState icon={IconLock} title={t('adminOnly')} hint={t('adminOnlyHint')} />
  return <>{children}</>
}
