import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useVersionAct } from '@/api/findings'
import { useMe } from '@/api/session'
import type { ModelEntry, ModelVersion, VersionAct } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'

interface VersionActsProps {
  model: ModelEntry
  version: ModelVersion
}

/** What the server would let this person do with a version; nothing for everybody else. */
export function VersionActs({ model, version }: VersionActsProps) {
  const { t } = useTranslation('ai')
  const [act, setAct] = useState<VersionAct | null>(null)
  const what = `${model.name} ${version.version}`
  if (version.can.length === 0) return null
  return (
    <span className={classes.versionActs}>
      {version.can.map((one) => (
        <Button key={one} size="compact-sm" variant="default" aria-label={t(`models.act.${one}This`, { what })} onClick={() => setAct(one)}>
          {t(`models.act.${one}`)}
        </Button>
      ))}
      {act && <ConfirmAct model={model} version={version} act={act} onClose={() => setAct(null)} />}
    </span>
  )
}

function ConfirmAct({ model, version, act, onClose }: VersionActsProps & { act: VersionAct; onClose: () => void }) {
  const { t } = useTranslation('ai')
  const me = useMe()
  const perform = useVersionAct()
  const what = `${model.name} ${version.version}`
  const confirm = () =>
    perform.mutate(
      { version, act },
      {
        onSuccess: () => {
          notifications.show({ message: t(`models.done.${act}`, { what }) })
          onClose()
        },
      },
    )
  return (
    <Modal opened onClose={onClose} title={t(`models.act.${act}This`, { what })}>
      <Stack gap="sm">
        {consequencesOf(model, version, act).map(({ word, values }) => (
          <Text key={word}>{t(`models.confirm.${word}`, values)}</Text>
        ))}
        {act === 'approve' && (
          <div>
            <div className={classes.dim}>{t('models.sha')}</div>
            <div className={classes.mono}>{version.tree_sha256}</div>
          </div>
        )}
        <Text c="dimmed" size="sm">
          {t('models.confirm.by', { name: me.data?.display_name ?? '' })}
        </Text>
        {perform.error && <ProblemNotice problem={perform.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button color={act === 'suspend' ? 'urgent' : undefined} loading={perform.isPending} onClick={confirm}>
            {t(`models.act.${act}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

interface Consequence {
  word: string
  values?: Record<string, string>
}

/** What changes, as catalogue words: a version that comes into use retires the one before it. */
export function consequencesOf(model: ModelEntry, version: ModelVersion, act: VersionAct): Consequence[] {
  if (act === 'suspend') return [{ word: 'suspend' }, { word: 'suspendBack' }]
  const retired = model.versions
    .filter(({ id, state }) => id !== version.id && (state === 'active' || state === 'suspended'))
    .map((other) => ({ word: 'retires', values: { version: other.version, state: wordFor('versionState', other.state).toLowerCase() } }))
  if (act === 'activate') return [{ word: 'activate' }, ...retired]
  const [first] = version.approvals
  if (!first) return [{ word: 'approve' }, { word: 'approveFirst' }]
  return [{ word: 'approve' }, { word: 'approveSecond', values: { who: first.person } }, ...retired]
}
