import { Button, Group, Progress, Text } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { fileAt } from '@/api/upload'
import { Chip } from '@/ui/Chip'
import { formatBytes, formatCount } from '@/ui/format'

import { SendingList } from './ImportFileList'
import type { Sending } from './useUpload'

/** How far an upload is, file by file; a broken connection is said and tried again. */
export function SendingPanel({ sending, onDiscard }: { sending: Sending; onDiscard: () => void }) {
  const { t } = useTranslation('cases')
  const { files, starts, offset, isWaiting } = sending
  const total = starts.at(-1) ?? 0
  const arrived = offset >= total ? files.length : fileAt(starts, offset)
  const words = t('import.progress', {
    arrived: formatCount(arrived),
    files: formatCount(files.length),
    sent: formatBytes(offset),
    total: formatBytes(total),
  })
  return (
    <div data-testid="upload-progress">
      <Group justify="space-between" mb="xs">
        <Text role="status">{words}</Text>
        <Group gap="xs">
          {isWaiting && (
            <Chip tone="warning" icon={<IconPlugConnectedX size={13} aria-hidden />}>
              {t('import.waiting')}
            </Chip>
          )}
          <Button size="xs" variant="default" onClick={onDiscard}>
            {t('common:action.cancel')}
          </Button>
        </Group>
      </Group>
      <Progress mb="sm" value={total > 0 ? (offset / total) * 100 : 100} aria-label={words} />
      <SendingList sending={sending} />
    </div>
  )
}
