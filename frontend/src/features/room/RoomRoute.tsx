import { Button } from '@mantine/core'
import { IconDeviceTv } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { ProblemNotice } from '@/ui/ProblemNotice'

import { usePairing } from './usePairing'
import { Wall } from './Wall'
import classes from './room.module.css'

/** `/room` on the wall: a code until somebody connects it, then the meeting, and nothing to press. */
export default function RoomRoute() {
  const { t } = useTranslation('people')
  const { pairing, problem, again } = usePairing()
  if (pairing?.session) return <Wall key={pairing.session} sessionId={pairing.session} onOver={again} />
  return (
    <main className={classes.waiting}>
      <IconDeviceTv size={56} aria-hidden />
      <h1>{t('screen.heading')}</h1>
      {problem !== null && <ProblemNotice problem={problem} onRetry={again} />}
      {pairing && (
        <>
          <p className={classes.code} data-testid="pairing-code">
            {`${pairing.code.slice(0, 4)} ${pairing.code.slice(4)}`}
          </p>
          <p>{t('screen.how')}</p>
        </>
      )}
      {problem !== null && (
        <Button variant="default" onClick={again}>
          {t('screen.again')}
        </Button>
      )}
    </main>
  )
}
