import { IconSparkles } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useUrgencyNotices } from '@/api/urgency'
import { usePreferences } from '@/ui/preferences'

/** In the strip below the images: that something waits, and nothing of what it is. */
export default function UrgencyWaiting() {
  const { t } = useTranslation('urgency')
  const projected = usePreferences((state) => state.presentation)
  const { data } = useUrgencyNotices(!projected)
  const count = data?.notices.length ?? 0
  if (projected || count === 0) return null
  return (
    <Link to="/">
      <IconSparkles size={12} aria-hidden /> {t('waiting', { count })}
    </Link>
  )
}
