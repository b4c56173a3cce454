import { Checkbox, Select, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { useBoardRecording, type BoardRecording } from '@/api/recordings'
import type { Board } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

/** Days; null is for good. */
const KEPT = [0, 30, 90, 365, 3650, null]

interface RecordingSettingProps {
  board: Pick<Board, 'id'> & Partial<BoardRecording>
  mayEdit: boolean
}

/** Whether a board's sessions are recorded, and how long that is kept (LIVE-R1). */
export function RecordingSetting({ board, mayEdit }: RecordingSettingProps) {
  const { t } = useTranslation('replay')
  const change = useBoardRecording(board.id)
  if (!mayEdit || board.is_recorded === undefined) return null
  const now: BoardRecording = {
    is_recorded: board.is_recorded,
    records_pointers: board.records_pointers ?? false,
    keeps_recordings_days: board.keeps_recordings_days ?? null,
  }
  const days = now.keeps_recordings_days
  const choices = KEPT.includes(days) ? KEPT : [...KEPT, days]
  const wordsFor = (kept: number | null): string =>
    kept === null ? t('setting.forGood') : kept === 0 ? t('setting.notKept') : t('setting.days', { count: kept })
  return (
    <Stack gap={8} mt="sm">
      <Checkbox
        size="md"
        checked={now.is_recorded}
        disabled={change.isPending}
        label={t('setting.recorded')}
        description={t('setting.recordedHint')}
        onChange={(event) => change.mutate({ ...now, is_recorded: event.currentTarget.checked })}
      />
      {now.is_recorded && (
        <>
          <Checkbox
            size="md"
            checked={now.records_pointers}
            disabled={change.isPending}
            label={t('setting.pointers')}
            onChange={(event) => change.mutate({ ...now, records_pointers: event.currentTarget.checked })}
          />
          <Select
            w={320}
            allowDeselect={false}
            label={t('setting.kept')}
            value={String(days)}
            disabled={change.isPending}
            data={choices.map((one) => ({ value: String(one), label: wordsFor(one) }))}
            onChange={(next) =>
              next !== null &&
              change.mutate({ ...now, keeps_recordings_days: next === 'null' ? null : Number(next) })
            }
          />
        </>
      )}
      {change.error && <ProblemNotice problem={change.error} />}
    </Stack>
  )
}
