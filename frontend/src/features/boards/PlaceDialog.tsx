import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { useRevisePlace } from '@/api/attendance'
import type { Meeting } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

/** Where it meets, in the house and by the hospital's own video call. */
export function PlaceDialog({ meeting, onClose }: { meeting: Meeting; onClose: () => void }) {
  const { t } = useTranslation('people')
  const revise = useRevisePlace(meeting)
  const form = useForm({
    initialValues: { room: meeting.room, video_url: meeting.video_url },
    validate: { video_url: (url) => (url && !url.startsWith('https://') ? t('place.https') : null) },
  })
  return (
    <Modal opened onClose={onClose} title={t('place.title')}>
      <form onSubmit={form.onSubmit((place) => revise.mutate(place, { onSuccess: onClose }))}>
        <Stack gap="sm">
          <TextInput label={t('place.room')} {...form.getInputProps('room')} />
          <TextInput type="url" label={t('place.video')} description={t('place.videoHint')} {...form.getInputProps('video_url')} />
          {revise.error && <ProblemNotice problem={revise.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={revise.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
