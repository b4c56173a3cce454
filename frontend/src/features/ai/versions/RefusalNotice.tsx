import { IconShieldX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Problem } from '@/api/problem'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Versions.module.css'

/** Why a bundle is not let in: what was seen, in the server's words, and what it protects from. */
export function RefusalNotice({ problem }: { problem: Problem }) {
  const { t, i18n } = useTranslation('models')
  if (!i18n.exists(`models:refusal.${problem.code}`)) return <ProblemNotice problem={problem} />
  return (
    <div className={classes.refusal} role="alert">
      <IconShieldX size={20} aria-hidden />
      <div>
        <div className={classes.refusalTitle}>{t('refusal.title')}</div>
        <div>{t(`refusal.${problem.code}`)}</div>
        {problem.detail && <div className={classes.mono}>{problem.detail}</div>}
        <div className={classes.dim}>
          {t('refusal.nothingKept')} <code>{problem.code}</code>
        </div>
      </div>
    </div>
  )
}
