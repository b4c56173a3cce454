import { Modal, Progress } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useCheckInCode } from '@/api/attendance'
import type { CheckInCode } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { QrCode } from './QrCode'
import classes from './people.module.css'

/** The minute after which the server gives another code (`apps/boards/checkin.py`). */
const PERIOD_S = 60

/** Put on the wall for a moment: people in the room point their phones at it, or type the number. */
export function CheckInDialog({ meetingId, onClose }: { meetingId: string; onClose: () => void }) {
  const { t } = useTranslation('people')
  const code = useCheckInCode(meetingId)
  return (
    <Modal opened onClose={onClose} title={t('checkIn.title')} size="auto" centered>
      {code.error && !code.data && <ProblemNotice problem={code.error} onRetry={() => void code.refetch()} />}
      {!code.data && !code.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {code.data && <Shown shown={code.data} readAt={code.dataUpdatedAt} />}
    </Modal>
  )
}

/** Where to type it: the address on the code, without the code. */
function addressOf(url: string): string {
  const { host } = new URL(url)
  return `${host}/checkin`
}

function Shown({ shown, readAt }: { shown: CheckInCode; readAt: number }) {
  const { t } = useTranslation('people')
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const left = Math.max(0, Math.ceil(shown.seconds_left - (now - readAt) / 1000))
  return (
    <div className={classes.code}>
      <QrCode rows={shown.qr} size={260} />
      <p className={classes.how}>{t('checkIn.how', { address: addressOf(shown.url) })}</p>
      <p className={`${classes.digits} c-figures`} data-testid="check-in-code">
        {`${shown.code.slice(0, 3)} ${shown.code.slice(3)}`}
      </p>
      <Progress
        w="100%"
        size="xs"
        value={(left / PERIOD_S) * 100}
        aria-label={t('checkIn.changes', { seconds: left })}
      />
      <p className={classes.how}>{t('checkIn.changes', { seconds: left })}</p>
    </div>
  )
}
