import { Button, Modal, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { SignInForm } from './SignInForm'

interface SignInAgainProps {
  email: string
  onSignedIn: () => void
  onLeave: () => void
}

/** Lies above the page when the session ended; the page below keeps its state. */
export function SignInAgain({ email, onSignedIn, onLeave }: SignInAgainProps) {
  const { t } = useTranslation('auth')
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t('again.title')}
      overlayProps={{ blur: 14, backgroundOpacity: 0.7 }}
      zIndex={1000}
    >
      <Stack gap="md">
        <Text c="dimmed">{t('again.text')}</Text>
        <SignInForm email={email} onSignedIn={onSignedIn} />
        <Button variant="subtle" onClick={onLeave}>
          {t('again.other')}
        </Button>
      </Stack>
    </Modal>
  )
}
