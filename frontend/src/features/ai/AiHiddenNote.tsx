import { IconEyeOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import classes from './AiHidden.module.css'

/** AI results are hidden: said calmly, and unlike "no finding" or "not run". */
export function AiHiddenNote({ children }: { children?: ReactNode }) {
  const { t } = useTranslation('reveal')
  return (
    <div className={classes.hidden} data-testid="ai-hidden">
      <div className={classes.title}>
        <IconEyeOff size={18} aria-hidden />
        <strong>{t('hiddenTitle')}</strong>
      </div>
      <p>{t('hiddenText')}</p>
      {children ?? <p>{t('hiddenOutside')}</p>}
    </div>
  )
}
