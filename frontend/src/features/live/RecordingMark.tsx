import { IconPlayerRecordFilled, IconPointer } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { RecordingRules } from '@/protocol/generated'

import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

/** Everybody in the room sees whether it is recorded, all the time (LIVE-R1). */
export function RecordingMark({ session }: { session: LiveSession }) {
  const { t } = useTranslation('replay')
  const rules = useLiveState(session, (state) => state.room.recording)
  if (rules === null) return null
  if (!rules.is_recorded) return <span className={classes.dim}>{t('notRecorded')}</span>
  const why = t(whyOf(rules), { count: rules.keeps_days ?? 0 })
  return (
    <span className={classes.recorded} title={why} data-testid="recording-mark">
      <IconPlayerRecordFilled size={14} aria-hidden />
      {rules.records_pointers && <IconPointer size={14} aria-hidden />}
      {t(rules.records_pointers ? 'recordingPointers' : 'recording')}
      <span className="c-visually-hidden">{why}</span>
    </span>
  )
}

function whyOf({ keeps_days }: RecordingRules): string {
  if (keeps_days === null) return 'keptForGood'
  return keeps_days === 0 ? 'keptNot' : 'kept'
}
