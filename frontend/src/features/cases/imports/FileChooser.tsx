import { Button, FileButton, Group, Stack, Text } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import { IconUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

const ATTRIBUTES_FOR_FOLDER = { webkitdirectory: '' } as Record<string, string>

interface FileChooserProps {
  /** Dropped on the case already, before the dialog opened. */
  dropped?: File[]
  onChoose: (files: File[]) => void
}

export function FileChooser({ dropped = [], onChoose }: FileChooserProps) {
  const { t } = useTranslation('cases')
  return (
    <>
      <Dropzone onDrop={onChoose} aria-label={t('import.drop')} py={36}>
        <Stack align="center" gap={6}>
          <IconUpload size={28} stroke={1.5} aria-hidden />
          <Text fw={500}>{t('import.drop')}</Text>
          <Text c="dimmed" size="sm" ta="center" maw={440}>
            {t('import.dropHint')}
          </Text>
        </Stack>
      </Dropzone>
      <Group justify="center">
        <FileButton multiple onChange={onChoose}>
          {(props) => (
            <Button variant="default" {...props}>
              {t('import.choose')}
            </Button>
          )}
        </FileButton>
        <FileButton multiple onChange={onChoose} inputProps={ATTRIBUTES_FOR_FOLDER}>
          {(props) => (
            <Button variant="default" {...props}>
              {t('import.folder')}
            </Button>
          )}
        </FileButton>
        {dropped.length > 0 && (
          <Button onClick={() => onChoose(dropped)}>{t('import.sendDropped', { count: dropped.length })}</Button>
        )}
      </Group>
    </>
  )
}
