import { Button, Group, Stack, Text } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { MintedToken } from '@/api/tokens'

import classes from './Tokens.module.css'

const HEADER = 'Authorization: Bearer …'

/** The token, this once, and the address it opens. */
export function ShownOnce({ minted, onDone }: { minted: MintedToken; onDone: () => void }) {
  const { t } = useTranslation('auth')
  const clipboard = useClipboard({ timeout: 1500 })
  const heading = useRef<HTMLParagraphElement>(null)
  // Said at once to whoever listens to the page instead of seeing it.
  useEffect(() => heading.current?.focus(), [])
  const roots = minted.cases.map((id) => `${window.location.origin}/dicomweb/cases/${id}`)
  return (
    <Stack gap="sm" align="flex-start" role="region" aria-label={t('tokens.now')} className={classes.once}>
      <Text fw={600} tabIndex={-1} ref={heading} className={classes.now}>
        {t('tokens.now')}
      </Text>
      <Text>{t('tokens.once', { name: minted.name })}</Text>
      <code className={classes.secret} data-testid="token">
        {minted.token}
      </code>
      <Text size="sm">{t('tokens.roots', { count: roots.length })}</Text>
      <ul className={classes.roots}>
        {roots.map((root) => (
          <li key={root}>
            <code>{root}</code>
          </li>
        ))}
      </ul>
      <Text size="sm" c="dimmed">
        {t('tokens.header')} <code>{HEADER}</code>
      </Text>
      <Group gap={8}>
        <Button variant="default" leftSection={clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />} onClick={() => clipboard.copy(minted.token)}>
          {clipboard.copied ? t('security.copied') : t('tokens.copy')}
        </Button>
        <Button onClick={onDone}>{t('tokens.kept')}</Button>
      </Group>
    </Stack>
  )
}
