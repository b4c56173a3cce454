import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { useBoards } from '@/api/boards'
import { useHangingActions } from '@/api/hangings'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import type { Viewer } from '@/viewer/viewer'

import { captureLayout } from './capture'
import type { HangingControl } from './useHanging'

const MINE = 'me'
const RUNNERS = ['chair', 'coordinator']

interface SaveLayoutProps {
  viewer: Viewer
  control: HangingControl
  onClose: () => void
}

/** What is on the screen, under a name: for oneself, or for a board that one runs. */
export function SaveLayout({ viewer, control, onClose }: SaveLayoutProps) {
  const { t } = useTranslation('hanging')
  const boards = useBoards()
  const { create } = useHangingActions()
  const [name, setName] = useState('')
  const [owner, setOwner] = useState(MINE)
  const [isDefault, setDefault] = useState(false)
  const [onlyTumour, setOnlyTumour] = useState(false)
  const mine = (boards.data ?? []).filter((board) => RUNNERS.includes(board.my_role ?? ''))
  const { tumour_type } = control.facts
  const save = (event: FormEvent) => {
    event.preventDefault()
    const document = captureLayout(viewer, control.facts, { tumour_type: onlyTumour })
    const board = owner === MINE ? null : owner
    create.mutate({ name, board, is_default: isDefault, document }, { onSuccess: onClose })
  }
  return (
    <Modal opened onClose={onClose} title={t('save.title')}>
      <form onSubmit={save}>
        <Stack gap="sm">
          <TextInput
            label={t('save.name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={80}
            required
            data-autofocus
          />
          <Select
            label={t('save.for')}
            value={owner}
            onChange={(value) => setOwner(value ?? MINE)}
            allowDeselect={false}
            data={[
              { value: MINE, label: t('save.forMe') },
              ...mine.map((board) => ({ value: board.id, label: board.name })),
            ]}
          />
          <Checkbox
            label={t('save.default')}
            description={t('save.defaultWhy')}
            checked={isDefault}
            onChange={(event) => setDefault(event.currentTarget.checked)}
          />
          {tumour_type !== '' && (
            <Checkbox
              label={t('save.onlyTumour', { tumour: wordFor('tumourType', tumour_type) })}
              checked={onlyTumour}
              onChange={(event) => setOnlyTumour(event.currentTarget.checked)}
            />
          )}
          {create.error && <ProblemNotice problem={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('save.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t('save.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
