import { Button, Menu } from '@mantine/core'
import { IconDeviceTv, IconDoor, IconQrcode, IconVideo } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMeeting } from '@/api/boards'
import { missingDisciplines } from '@/features/boards/attendance/quorum'
import { QuorumChip } from '@/features/boards/attendance/QuorumChip'
import { runsBoard } from '@/features/boards/roles'
import { NOBODY } from '@/protocol/gathering'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import { AccessCountdown } from './AccessCountdown'
import { CheckInDialog } from './CheckInDialog'
import { ConnectScreenDialog } from './ConnectScreenDialog'

/** Quorum, the video call and the check-in code, in the live header. */
export function MeetingBar({ session }: { session: LiveSession }) {
  const { t } = useTranslation('people')
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const { needs, attendance } = useLiveState(
    session,
    (state) => state.room.snapshot?.gathering ?? NOBODY,
  )
  const videoUrl = useLiveState(session, (state) => state.room.video_url)
  return (
    <>
      <AccessCountdown session={session} />
      <QuorumChip needs={needs} missing={missingDisciplines(needs, attendance)} />
      {videoUrl !== null && (
        <Button
          component="a"
          href={videoUrl}
          target="_blank"
          rel="noopener noreferrer"
          size="compact-sm"
          variant="default"
          leftSection={<IconVideo size={14} aria-hidden />}
        >
          {t('video.open')}
        </Button>
      )}
      {meetingId !== null && <RoomMenu session={session} meetingId={meetingId} />}
    </>
  )
}

/** For whoever runs the meeting: the code for people in the room, and its screen on the wall. */
function RoomMenu({ session, meetingId }: { session: LiveSession; meetingId: string }) {
  const { t } = useTranslation('people')
  const meeting = useMeeting(meetingId)
  const [shown, setShown] = useState<'code' | 'screen' | null>(null)
  if (!runsBoard(meeting.data?.my_role ?? null)) return null
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-sm" variant="default" leftSection={<IconDoor size={14} aria-hidden />}>
            {t('room.menu')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconQrcode size={15} aria-hidden />} onClick={() => setShown('code')}>
            {t('checkIn.open')}
          </Menu.Item>
          <Menu.Item leftSection={<IconDeviceTv size={15} aria-hidden />} onClick={() => setShown('screen')}>
            {t('screen.open')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {shown === 'code' && <CheckInDialog meetingId={meetingId} onClose={() => setShown(null)} />}
      {shown === 'screen' && <ConnectScreenDialog sessionId={session.id} onClose={() => setShown(null)} />}
    </>
  )
}
