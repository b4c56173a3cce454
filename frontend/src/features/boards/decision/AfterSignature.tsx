import { Button, Checkbox, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCopy, IconFilePlus, IconMessageCheck, IconShieldCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { fetchDecisionText, useDecisionNotes } from '@/api/boards'
import type { Decision, PersonRef } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { ProveAgain, waysOf } from './ProveAgain'

interface AfterSignatureProps {
  decision: Decision
  can: readonly string[]
  people: readonly PersonRef[]
  /** The meeting in which a provisional decision could be confirmed. */
  meetingId: string | null
}

/** What may follow a signature: a copy for the record, an addendum, the patient told, a quorum. */
export function AfterSignature({ decision, can, people, meetingId }: AfterSignatureProps) {
  const { t } = useTranslation('decisions')
  const [dialog, setDialog] = useState<'addendum' | 'told' | null>(null)
  const signed = decision.status === 'signed'
  const close = () => setDialog(null)
  const mayConfirm = signed && decision.is_provisional && meetingId !== null && meetingId !== decision.meeting?.id && can.includes('sign_decision')
  return (
    <>
      <Group gap={8}>
        <CopyText decision={decision} />
        {signed && can.includes('tell_patient') && (
          <Button size="compact-sm" variant="default" leftSection={<IconMessageCheck size={15} aria-hidden />} onClick={() => setDialog('told')}>
            {t('told.button')}
          </Button>
        )}
        {signed && can.includes('sign_decision') && (
          <Button size="compact-sm" variant="default" leftSection={<IconFilePlus size={15} aria-hidden />} onClick={() => setDialog('addendum')}>
            {t('addendum.button')}
          </Button>
        )}
        {mayConfirm && <ConfirmButton decision={decision} meetingId={meetingId} />}
      </Group>
      {dialog === 'addendum' && <AddendumDialog decision={decision} onClose={close} />}
      {dialog === 'told' && <ToldDialog decision={decision} people={people} onClose={close} />}
    </>
  )
}

/** The whole decision as plain text, for the hospital record. */
function CopyText({ decision }: { decision: Decision }) {
  const { t } = useTranslation('decisions')
  const clipboard = useClipboard({ timeout: 1500 })
  const [problem, setProblem] = useState<unknown>(null)
  const copy = async () => {
    setProblem(null)
    try {
      clipboard.copy((await fetchDecisionText(decision.id)).text)
    } catch (error) {
      setProblem(error)
    }
  }
  const failed = problem ?? clipboard.error
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<IconCopy size={15} aria-hidden />} onClick={() => void copy()}>
        {clipboard.copied ? t('copied') : t('copy')}
      </Button>
      {failed !== null && <ProblemNotice problem={failed} />}
    </>
  )
}

function ConfirmButton({ decision, meetingId }: { decision: Decision; meetingId: string }) {
  const { t } = useTranslation('decisions')
  const { confirm } = useDecisionNotes(decision)
  const ways = waysOf(confirm.error)
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<IconShieldCheck size={15} aria-hidden />} loading={confirm.isPending} onClick={() => confirm.mutate(meetingId)}>
        {t('confirm')}
      </Button>
      {ways !== null ? <ProveAgain ways={ways} onProven={() => confirm.mutate(meetingId)} /> : confirm.error && <ProblemNotice problem={confirm.error} />}
    </>
  )
}

function AddendumDialog({ decision, onClose }: { decision: Decision; onClose: () => void }) {
  const { t } = useTranslation('decisions')
  const { addAddendum } = useDecisionNotes(decision)
  const [draft, setDraft] = useState(() => ({ id: crypto.randomUUID(), text: '', reason: '', is_correction: false }))
  const ways = waysOf(addAddendum.error)
  const add = () => addAddendum.mutate(draft, { onSuccess: onClose })
  return (
    <Modal opened onClose={onClose} title={t('addendum.title')}>
      <Stack gap="sm">
        <Textarea label={t('addendum.text')} minRows={3} autosize data-autofocus value={draft.text} onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })} />
        <TextInput label={t('addendum.reason')} value={draft.reason} onChange={(event) => setDraft({ ...draft, reason: event.currentTarget.value })} />
        <Checkbox label={t('addendum.isCorrection')} checked={draft.is_correction} onChange={(event) => setDraft({ ...draft, is_correction: event.currentTarget.checked })} />
        {ways !== null ? <ProveAgain ways={ways} onProven={add} /> : addAddendum.error && <ProblemNotice problem={addAddendum.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button disabled={!draft.text.trim() || !draft.reason.trim()} loading={addAddendum.isPending} onClick={add}>
            {t('addendum.sign')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** Now, as a field of local date and time has it. */
function localNow(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const WAYS = ['in_person', 'video', 'phone', 'letter'] as const

function ToldDialog({ decision, people, onClose }: { decision: Decision; people: readonly PersonRef[]; onClose: () => void }) {
  const { t } = useTranslation('decisions')
  const { noteTold } = useDecisionNotes(decision)
  const [id] = useState(() => crypto.randomUUID())
  const [who, setWho] = useState<string | null>(null)
  const [name, setName] = useState('')
  const [when, setWhen] = useState(localNow)
  const [how, setHow] = useState<string | null>(null)
  const [text, setText] = useState('')
  const add = () =>
    noteTold.mutate(
      { id, told_at: new Date(when).toISOString(), told_by: who, told_by_name: who ? '' : name.trim(), how: how ?? '', text: text.trim() },
      { onSuccess: onClose },
    )
  return (
    <Modal opened onClose={onClose} title={t('told.title')}>
      <Stack gap="sm">
        <Select
          label={t('told.who')}
          placeholder={t('told.somebodyElse')}
          clearable
          searchable
          value={who}
          onChange={setWho}
          data={people.map((person) => ({ value: person.id, label: person.display_name }))}
        />
        {who === null && <TextInput label={t('told.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
        <TextInput type="datetime-local" label={t('told.when')} value={when} onChange={(event) => setWhen(event.currentTarget.value)} />
        <Select label={t('told.how')} clearable value={how} onChange={setHow} data={WAYS.map((value) => ({ value, label: t(`told.${value}`) }))} />
        <Textarea label={t('told.text')} autosize minRows={1} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {noteTold.error && <ProblemNotice problem={noteTold.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button disabled={!when || (who === null && !name.trim())} loading={noteTold.isPending} onClick={add}>
            {t('told.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
