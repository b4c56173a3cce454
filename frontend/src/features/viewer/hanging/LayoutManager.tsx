import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useHangingActions, type Hanging } from '@/api/hangings'
import { ProblemNotice } from '@/ui/ProblemNotice'
import type { Viewer } from '@/viewer/viewer'

import { captureLayout } from './capture'
import classes from './hanging.module.css'
import { idOf } from './match'
import type { HangingControl } from './useHanging'

interface LayoutManagerProps {
  viewer: Viewer
  control: HangingControl
  onClose: () => void
}

/** The saved layouts that this person may change. */
export function LayoutManager({ viewer, control, onClose }: LayoutManagerProps) {
  const { t } = useTranslation('hanging')
  const own = control.hangings.filter((one) => one.may_change)
  return (
    <Modal opened onClose={onClose} title={t('manage.title')} size="lg">
      <Stack gap="md">
        {own.length === 0 && <Text c="dimmed">{t('manage.none')}</Text>}
        {own.map((hanging) => (
          <Entry
            key={`${idOf(hanging)} ${hanging.version}`}
            viewer={viewer}
            control={control}
            hanging={hanging}
          />
        ))}
      </Stack>
    </Modal>
  )
}

type EntryProps = Pick<LayoutManagerProps, 'viewer' | 'control'> & { hanging: Hanging }

function Entry({ viewer, control, hanging }: EntryProps) {
  const { t } = useTranslation('hanging')
  const { revise, remove } = useHangingActions()
  const [name, setName] = useState(hanging.name)
  const error = revise.error ?? remove.error
  const replace = () => {
    const tumour_type = (hanging.document.match.tumour_types ?? []).length > 0
    const document = captureLayout(viewer, control.facts, { tumour_type })
    revise.mutate({ hanging, changes: { document } })
  }
  return (
    <div className={classes.entry}>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          className={classes.entryName}
          label={t(`source.${hanging.source}`, { board: hanging.board_name })}
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={name.trim() === '' || name === hanging.name}
          onClick={() => revise.mutate({ hanging, changes: { name } })}
        >
          {t('manage.rename')}
        </Button>
      </Group>
      <Group gap="xs" mt="xs">
        <Checkbox
          label={t('save.default')}
          checked={hanging.is_default}
          onChange={(event) =>
            revise.mutate({ hanging, changes: { is_default: event.currentTarget.checked } })
          }
        />
        <span className={classes.grow} />
        <Button size="xs" variant="default" onClick={replace}>
          {t('manage.replace')}
        </Button>
        <Button size="xs" variant="light" color="urgent" onClick={() => remove.mutate(hanging)}>
          {t('manage.delete')}
        </Button>
      </Group>
      {error && <ProblemNotice problem={error} />}
    </div>
  )
}
