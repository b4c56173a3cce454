import { Button, Group, Modal, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { useCreateMeeting } from '@/api/boards'
import type { Board } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

const USUAL_MINUTES = 60
const MINUTE_MS = 60_000

export function PlanMeetingDialog({ boards, onClose }: { boards: Board[]; onClose: () => void }) {
  const { t } = useTranslation('boards')
  const navigate = useNavigate()
  const create = useCreateMeeting()
  const required = (value: string) => (value ? null : t('meetings.form.required'))
  const form = useForm({
    initialValues: { board: boards[0]?.id ?? '', day: '', time: '', minutes: USUAL_MINUTES, room: '' },
    validate: { board: required, day: required, time: required },
  })
  const submit = form.onSubmit(({ board, day, time, minutes, room }) => {
    const starts = new Date(`${day}T${time}`)
    const ends = new Date(starts.getTime() + minutes * MINUTE_MS)
    create.mutate(
      { board, room, starts_at: starts.toISOString(), ends_at: ends.toISOString() },
      { onSuccess: (meeting) => void navigate(`/meetings/${meeting.id}`) },
    )
  })
  return (
    <Modal opened onClose={onClose} title={t('meetings.form.title')}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Select label={t('meetings.form.board')} allowDeselect={false} data={boards.map((board) => ({ value: board.id, label: board.name }))} {...form.getInputProps('board')} />
          <SimpleGrid cols={3} spacing="sm">
            <TextInput type="date" label={t('meetings.form.day')} {...form.getInputProps('day')} />
            <TextInput type="time" label={t('meetings.form.starts')} {...form.getInputProps('time')} />
            <NumberInput min={5} max={480} step={5} label={t('meetings.form.minutes')} {...form.getInputProps('minutes')} />
          </SimpleGrid>
          <TextInput label={t('meetings.form.room')} {...form.getInputProps('room')} />
          {create.error && <ProblemNotice problem={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t('meetings.form.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
