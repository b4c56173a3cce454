import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type ItemWord, useReadinessActions } from '@/api/readiness'
import type { ReadinessItem } from '@/api/types'
import { PersonSelect } from '@/ui/PersonSelect'
import { ProblemNotice } from '@/ui/ProblemNotice'

export type ItemAct = 'arrived' | 'expected' | 'not_needed' | 'owner'

interface ItemDialogProps {
  caseId: string
  item: ReadinessItem
  act: ItemAct
  onClose: () => void
}

const today = () => new Date().toISOString().slice(0, 10)

/** Say that an item is there, by when it comes, why it is not needed, or who owes it. */
export function ItemDialog({ caseId, item, act, onClose }: ItemDialogProps) {
  const { t } = useTranslation('readiness')
  const { record, own } = useReadinessActions(caseId)
  const [on, setOn] = useState(act === 'arrived' && item.max_age_days !== null ? today() : '')
  const [by, setBy] = useState(act === 'owner' ? (item.owner?.due_on ?? '') : '')
  const [note, setNote] = useState('')
  const [person, setPerson] = useState<string | null>(act === 'owner' ? (item.owner?.person?.id ?? null) : null)
  const [address, setAddress] = useState(act === 'owner' ? (item.owner?.address ?? '') : '')
  const done = { onSuccess: onClose }
  const save = () => {
    if (act === 'owner') return own.mutate({ item: item.key, person, address: person ? '' : address, due_on: by || null }, done)
    const words: Record<string, ItemWord> = {
      arrived: { state: 'arrived', on: on || null, note, person },
      expected: { state: 'expected', expected_by: by || null, note },
      not_needed: { state: 'not_needed', note },
    }
    const word = words[act]
    if (word) record.mutate({ item: item.key, ...word }, done)
  }
  const problem = record.error ?? own.error
  return (
    <Modal opened onClose={onClose} title={t(`form.${act}`, { item: item.label })}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <Stack gap="sm">
          {act === 'arrived' && <TextInput type="date" label={t('form.on')} value={on} onChange={(event) => setOn(event.currentTarget.value)} max={today()} data-autofocus />}
          {act === 'arrived' && item.key === 'presenter' && <PersonSelect label={t('form.person')} value={person} onChange={setPerson} />}
          {act === 'expected' && <TextInput type="date" required label={t('form.expectedBy')} value={by} onChange={(event) => setBy(event.currentTarget.value)} min={today()} data-autofocus />}
          {act === 'owner' && (
            <>
              <PersonSelect label={t('form.person')} value={person} onChange={setPerson} />
              <TextInput
                type="email"
                label={t('form.address')}
                description={t('form.addressHint')}
                value={address}
                disabled={person !== null}
                onChange={(event) => setAddress(event.currentTarget.value)}
              />
              <TextInput type="date" label={t('form.due')} value={by} onChange={(event) => setBy(event.currentTarget.value)} />
            </>
          )}
          {act !== 'owner' && (
            <TextInput
              label={act === 'not_needed' ? t('form.why') : t('form.note')}
              required={act === 'not_needed'}
              maxLength={500}
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
              data-autofocus={act === 'not_needed' || undefined}
            />
          )}
          {problem && <ProblemNotice problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={record.isPending || own.isPending}>
              {t('form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
