import { Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { useConnectScreen } from '@/api/screens'
import type { Guise } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

/** Shows this room on the screen on a wall: its code, the name of the room, and in which guise. */
export function ConnectScreenDialog({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const { t } = useTranslation('people')
  const connect = useConnectScreen(sessionId)
  const required = (text: string) => (text.trim() ? null : t('screen.required'))
  const form = useForm({
    initialValues: { code: '', name: '', guise: 'identified' as Guise },
    validate: { code: required, name: required },
  })
  return (
    <Modal opened onClose={onClose} title={t('screen.connectTitle')}>
      <form onSubmit={form.onSubmit((screen) => connect.mutate(screen, { onSuccess: onClose }))}>
        <Stack gap="sm">
          <Text size="sm">{t('screen.connectHow', { address: `${window.location.host}/room` })}</Text>
          <TextInput label={t('screen.code')} autoComplete="off" data-autofocus {...form.getInputProps('code')} />
          <TextInput label={t('screen.name')} {...form.getInputProps('name')} />
          <div>
            <Text size="sm" fw={500} id="screen-guise">
              {t('screen.guise')}
            </Text>
            <SegmentedControl
              fullWidth
              aria-labelledby="screen-guise"
              data={[
                { value: 'identified', label: t('screen.identified') },
                { value: 'deidentified', label: t('screen.deidentified') },
              ]}
              {...form.getInputProps('guise')}
            />
          </div>
          {connect.error && <ProblemNotice problem={connect.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={connect.isPending}>
              {t('screen.connect')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
