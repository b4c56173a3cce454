import { Button, TextInput } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router-dom'

import { useCheckIn } from '@/api/attendance'
import { asProblem } from '@/api/problem'
import { useMe } from '@/api/session'
import type { CheckedIn } from '@/api/types'
import { formatTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './CheckIn.module.css'

const DIGITS = 6
const onlyDigits = (text: string) => text.replace(/\D/g, '').slice(0, DIGITS)

/** `/checkin/:code` on a phone: somebody in the room says that they are there. */
export default function CheckInRoute() {
  const { code = '' } = useParams()
  const { t } = useTranslation('people')
  const me = useMe()
  const checkIn = useCheckIn()
  const [typed, setTyped] = useState(onlyDigits(code))
  const { mutate } = checkIn
  // Whoever scanned the code has nothing left to press.
  useEffect(() => {
    if (onlyDigits(code).length === DIGITS) mutate(onlyDigits(code))
  }, [code, mutate])
  if (checkIn.data) return <Here checked={checkIn.data} name={me.data?.display_name ?? ''} />
  return (
    <div className={classes.page}>
      <h1>{t('checkIn.heading')}</h1>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          checkIn.mutate(typed)
        }}
      >
        <TextInput
          size="xl"
          inputMode="numeric"
          autoComplete="one-time-code"
          label={t('checkIn.code')}
          description={t('checkIn.codeHint')}
          value={typed}
          onChange={(event) => setTyped(onlyDigits(event.currentTarget.value))}
          classNames={{ input: classes.digits }}
        />
        {checkIn.error && <Refusal error={checkIn.error} />}
        <Button type="submit" size="lg" fullWidth loading={checkIn.isPending} disabled={typed.length < DIGITS}>
          {t('checkIn.submit')}
        </Button>
      </form>
      {me.data && <p className={classes.dim}>{t('checkIn.as', { name: me.data.display_name })}</p>}
    </div>
  )
}

/** A code that is over is no failure of anything; everything else is told in full. */
function Refusal({ error }: { error: Error }) {
  const { t } = useTranslation('people')
  if (asProblem(error).code !== 'checkin_code_wrong') return <ProblemNotice problem={error} />
  return (
    <p role="alert" className={classes.wrong}>
      {t('checkIn.wrong')}
    </p>
  )
}

function Here({ checked, name }: { checked: CheckedIn; name: string }) {
  const { t } = useTranslation('people')
  return (
    <div className={classes.page} role="status">
      <IconCircleCheck size={72} className={classes.ok} aria-hidden />
      <h1>{t('checkIn.done')}</h1>
      <p>{[checked.board, formatTime(checked.starts_at), checked.room].filter(Boolean).join(' · ')}</p>
      <p>{[name, wordFor('discipline', checked.discipline)].filter(Boolean).join(' · ')}</p>
      <p className={classes.dim}>{t(checked.counts ? 'checkIn.counts' : 'checkIn.countsNot')}</p>
    </div>
  )
}
