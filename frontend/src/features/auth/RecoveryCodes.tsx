import { Button, Group, Stack, Text } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { useMe } from '@/api/session'

import classes from './Security.module.css'

/** The codes, this once: to copy, to download, to print with the page. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useTranslation('auth')
  const me = useMe()
  const clipboard = useClipboard({ timeout: 1500 })
  const heading = useRef<HTMLParagraphElement>(null)
  // Said at once to whoever listens to the page instead of seeing it.
  useEffect(() => heading.current?.focus(), [])
  const file = [t('recovery.fileTitle', { email: me.data?.email ?? '' }), t('recovery.fileHint'), '', ...codes, ''].join('\n')
  return (
    <Stack gap="sm" align="flex-start" role="region" aria-label={t('recovery.now')}>
      <Text fw={600} tabIndex={-1} ref={heading} className={classes.now}>
        {t('recovery.now')}
      </Text>
      <Text>{t('recovery.once')}</Text>
      <ul className={classes.codes} aria-label={t('recovery.title')}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group gap={8}>
        <Button variant="default" leftSection={clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />} onClick={() => clipboard.copy(codes.join('\n'))}>
          {clipboard.copied ? t('security.copied') : t('recovery.copy')}
        </Button>
        <Button variant="default" component="a" href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`} download={t('recovery.fileName')} leftSection={<IconDownload size={16} aria-hidden />}>
          {t('recovery.download')}
        </Button>
        <Button onClick={onDone}>{t('recovery.kept')}</Button>
      </Group>
    </Stack>
  )
}
