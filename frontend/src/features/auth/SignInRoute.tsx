import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useNavigate, useSearchParams } from 'react-router-dom'

import { meKey } from '@/api/session'
import { Mark } from '@/ui/Mark'
import { useDocumentTitle } from '@/ui/Screen'

import { safeNext } from './safeNext'
import { SignInForm } from './SignInForm'
import classes from './SignInRoute.module.css'

export default function SignInRoute() {
  const { t } = useTranslation('auth')
  const navigate = useNavigate()
  const [parameters] = useSearchParams()
  const client = useQueryClient()
  useDocumentTitle(t('title'))
  const proceed = async () => {
    await client.resetQueries({ queryKey: meKey })
    await navigate(safeNext(parameters.get('next')), { replace: true })
  }
  return (
    <div className={classes.page}>
      <main className={classes.card}>
        <div className={classes.brand}>
          <Mark size={38} />
          <div>
            <h1 className={classes.name}>{t('common:app.name')}</h1>
            <p className={classes.lead}>{t('lead')}</p>
          </div>
        </div>
        <SignInForm onSignedIn={() => void proceed()} />
      </main>
      <footer className={classes.foot}>{t('common:app.researchUse')}</footer>
    </div>
  )
}
