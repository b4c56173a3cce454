import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { IconSignature } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useDecisionText, useSign } from '@/api/boards'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { ProveAgain, waysOf } from './ProveAgain'
import { SignedText } from './SignedText'

interface SignButtonProps {
  decisionId: string | null
  disabled: boolean
  onSigned: () => void
}

/** Signing is one of the three acts that ask first: it cannot be undone. */
export function SignButton({ decisionId, disabled, onSigned }: SignButtonProps) {
  const { t } = useTranslation('boards')
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button disabled={disabled || decisionId === null} leftSection={<IconSignature size={16} aria-hidden />} onClick={() => setAsking(true)}>
        {t('decision.sign')}
      </Button>
      {isAsking && decisionId !== null && (
        <SignDialog
          decisionId={decisionId}
          onClose={() => setAsking(false)}
          onSigned={() => {
            setAsking(false)
            onSigned()
          }}
        />
      )}
    </>
  )
}

interface SignDialogProps {
  decisionId: string
  onClose: () => void
  onSigned: () => void
}

/** The very text that the signature is on; what changes while it is read is refused and shown anew. */
function SignDialog({ decisionId, onClose, onSigned }: SignDialogProps) {
  const { t } = useTranslation('boards')
  const text = useDecisionText(decisionId)
  const { one } = useSign()
  const ways = waysOf(one.error)
  const sign = () => text.data && one.mutate(text.data, { onSuccess: onSigned })
  return (
    <Modal opened onClose={onClose} title={t('decision.signTitle')} size="lg">
      <Stack gap="md">
        {text.data && <SignedText text={text.data} />}
        {text.isPending && <LoadingRows label={t('common:list.loading')} rows={4} />}
        {text.error && <ProblemNotice problem={text.error} onRetry={() => void text.refetch()} />}
        <Text size="sm">{t('decision.signText')}</Text>
        {ways !== null ? <ProveAgain ways={ways} onProven={sign} /> : one.error && <ProblemNotice problem={one.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button loading={one.isPending || text.isFetching} disabled={!text.data} onClick={sign} data-autofocus>
            {t('decision.sign')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
