import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ImportBatch } from '@/api/types'
import type { UploadFile } from '@/api/upload'
import { formatBytes, formatCount } from '@/ui/format'

import { FileChooser } from './FileChooser'
import { matchFiles, toUploadFiles } from './uploadFiles'

const NAMES_SHOWN = 5

interface ResumePanelProps {
  batch: ImportBatch
  onResume: (files: UploadFile[]) => void
  onDiscard: () => void
}

/** An upload that was cut off: the browser forgot the files, so they are chosen once more. */
export function ResumePanel({ batch, onResume, onDiscard }: ResumePanelProps) {
  const { t } = useTranslation('cases')
  const [missing, setMissing] = useState<string[]>([])
  const choose = async (chosen: File[]) => {
    if (chosen.length === 0) return
    const matched = matchFiles(batch, await toUploadFiles(chosen))
    setMissing(matched.missing.map((file) => file.name))
    if (matched.missing.length === 0) onResume(matched.files)
  }
  return (
    <Stack gap="sm">
      <Text>
        {t('import.cutOff', {
          sent: formatBytes(batch.received_bytes),
          total: formatBytes(batch.total_bytes),
          files: formatCount(batch.files.length),
        })}
      </Text>
      {missing.length > 0 && (
        <Alert color="urgent" role="alert" title={t('import.missing', { count: missing.length })}>
          {missing.slice(0, NAMES_SHOWN).map((name) => (
            <div key={name}>{name}</div>
          ))}
        </Alert>
      )}
      <FileChooser onChoose={(chosen) => void choose(chosen)} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDiscard}>
          {t('import.discard')}
        </Button>
      </Group>
    </Stack>
  )
}
