import { Button, Group, Modal, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { useCreateMeeting, usePlanSeries } from '@/api/boards'
import type { Board, PlannedSeries } from '@/api/types'
import { formatDay } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { localTimeZone, type Repeat, repeats, ruleFor } from './repeats'

const USUAL_MINUTES = 60
const MINUTE_MS = 60_000

export function PlanMeetingDialog({ boards, onClose }: { boards: Board[]; onClose: () => void }) {
  const { t } = useTranslation('boards')
  const navigate = useNavigate()
  const create = useCreateMeeting()
  const planSeries = usePlanSeries()
  const required = (value: string) => (value ? null : t('meetings.form.required'))
  const form = useForm({
    initialValues: { board: boards[0]?.id ?? '', day: '', time: '', minutes: USUAL_MINUTES, room: '', repeat: 'never' as Repeat, holidays: '' },
    validate: { board: required, day: required, time: required },
  })
  const submit = form.onSubmit(({ board, day, time, minutes, room, repeat, holidays }) => {
    const rule = ruleFor(repeat, day)
    if (rule) {
      planSeries.mutate(
        { board, rule, time_zone: localTimeZone(), first_on: day, starts_at: time, minutes, room, holidays },
        { onSuccess: tellPlanned },
      )
      return
    }
    const starts = new Date(`${day}T${time}`)
    const ends = new Date(starts.getTime() + minutes * MINUTE_MS)
    create.mutate(
      { board, room, starts_at: starts.toISOString(), ends_at: ends.toISOString() },
      { onSuccess: (meeting) => void navigate(`/meetings/${meeting.id}`) },
    )
  })
  const tellPlanned = ({ made, overlapping }: PlannedSeries) => {
    const left = overlapping.map((day) => formatDay(day)).join(', ')
    notifications.show({
      message: [t('meetings.form.planned', { count: made.length }), left && t('meetings.form.overlapping', { days: left })].filter(Boolean).join(' '),
    })
    onClose()
  }
  const isRepeated = form.values.repeat !== 'never'
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
          <Select
            label={t('meetings.form.repeat')}
            description={isRepeated && t('meetings.form.clock', { zone: localTimeZone() })}
            allowDeselect={false}
            data={repeats.map((value) => ({ value, label: t(`meetings.repeat.${value}`) }))}
            {...form.getInputProps('repeat')}
          />
          {isRepeated && (
            <TextInput
              label={t('meetings.form.holidays')}
              description={t('meetings.form.holidaysHint')}
              maxLength={10}
              {...form.getInputProps('holidays')}
            />
          )}
          {create.error && !isRepeated && <ProblemNotice problem={create.error} />}
          {planSeries.error && isRepeated && <ProblemNotice problem={planSeries.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending || planSeries.isPending}>
              {t('meetings.form.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
