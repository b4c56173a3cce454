import { useTranslation } from 'react-i18next'

import { Screen } from '@/ui/Screen'

import { SigningQueue } from './SigningQueue'

/** What waits for my signature: `/sign`. */
export default function SignRoute() {
  const { t } = useTranslation('decisions')
  return (
    <Screen title={t('queue.title')} lead={t('queue.lead')}>
      <SigningQueue />
    </Screen>
  )
}
