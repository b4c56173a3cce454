import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { IconSignature } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ProblemNotice } from '@/ui/ProblemNotice'

/** Signing is one of the three acts that ask first: it cannot be undone. */
export function SignButton({ disabled, onSign }: { disabled: boolean; onSign: () => Promise<void> }) {
  const { t } = useTranslation('boards')
  const [isAsking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const sign = async () => {
    setBusy(true)
    setProblem(null)
    try {
      await onSign()
      setAsking(false)
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Button disabled={disabled} leftSection={<IconSignature size={16} aria-hidden />} onClick={() => setAsking(true)}>
        {t('decision.sign')}
      </Button>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t('decision.signTitle')} size="sm">
        <Stack gap="md">
          <Text>{t('decision.signText')}</Text>
          {problem !== null && <ProblemNotice problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)}>
              {t('common:action.cancel')}
            </Button>
            <Button loading={busy} onClick={() => void sign()} data-autofocus>
              {t('decision.sign')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
