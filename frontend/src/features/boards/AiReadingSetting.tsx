import { Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { useAiReading } from '@/api/boards'
import type { AiReading, Board } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

const READINGS: AiReading[] = ['never', 'in_meeting', 'from_agenda']

interface AiReadingSettingProps {
  board: Pick<Board, 'id' | 'name'> & Partial<Pick<Board, 'ai_reading'>>
  mayEdit: boolean
}

/** Whether a board reads its cases before AI results are shown. */
export function AiReadingSetting({ board, mayEdit }: AiReadingSettingProps) {
  const { t } = useTranslation('reveal')
  const change = useAiReading(board.id)
  const value = board.ai_reading ?? 'never'
  if (!mayEdit) return null
  return (
    <>
      <Select
        w={320}
        mt="sm"
        allowDeselect={false}
        label={t('settingLabel')}
        value={value}
        disabled={change.isPending}
        onChange={(next) => next && change.mutate(next as AiReading)}
        data={READINGS.map((one) => ({ value: one, label: t(`reading.${one}`) }))}
      />
      {change.error && <ProblemNotice problem={change.error} />}
    </>
  )
}
