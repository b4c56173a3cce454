import { Button, Group, Modal, Radio, Stack, Text, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'

import { useVersionAct } from '@/api/models'
import { useMe } from '@/api/session'
import type { VersionAct, VersionDetail } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Versions.module.css'

const SHORTEST_REASON = 10
/** A word on a content is given where its files are on the screen. */
const AFTER_READING = new Set<VersionAct>(['approve', 'propose', 'confirm'])
const TAKES_OUT = new Set<VersionAct>(['suspend', 'roll_back', 'retire'])

/** What the server would let this person do now; nothing for everybody else. */
export function VersionActs({ version }: { version: VersionDetail }) {
  const { t } = useTranslation('models')
  const [search, setSearch] = useSearchParams()
  const [act, setAct] = useState<VersionAct | null>(null)
  const isBundle = version.model.kind === 'bundle'
  const isReading = !isBundle || search.get('show') === 'content'
  if (version.can.length === 0) return null
  const shown = version.can.filter((one) => isReading || !AFTER_READING.has(one))
  const waits = version.can.filter((one) => !isReading && AFTER_READING.has(one))
  return (
    <div className={classes.acts}>
      {waits.length > 0 && (
        <Button onClick={() => setSearch({ show: 'content' }, { replace: true })}>{t('act.readFirst')}</Button>
      )}
      {shown.map((one) => (
        <Button key={one} variant={AFTER_READING.has(one) ? 'filled' : 'default'} color={TAKES_OUT.has(one) ? 'urgent' : undefined} onClick={() => setAct(one)}>
          {t(`act.${one}`)}
        </Button>
      ))}
      {act && <ConfirmAct version={version} act={act} onClose={() => setAct(null)} />}
    </div>
  )
}

const wantsReason = (version: VersionDetail, act: VersionAct): boolean =>
  act === 'propose' ? version.needs_reason : act === 'shadow' || TAKES_OUT.has(act)

function ConfirmAct({ version, act, onClose }: { version: VersionDetail; act: VersionAct; onClose: () => void }) {
  const { t } = useTranslation('models')
  const me = useMe()
  const perform = useVersionAct()
  const [reason, setReason] = useState('')
  const [to, setTo] = useState<'shadow' | 'suspended'>('suspended')
  const what = `${version.model.name} ${version.version}`
  const needsReason = wantsReason(version, act)
  const isReady = !needsReason || reason.trim().length >= SHORTEST_REASON
  const confirm = () =>
    perform.mutate(
      { versionId: version.id, act, treeSha256: version.tree_sha256, reason: reason.trim(), to },
      {
        onSuccess: () => {
          notifications.show({ message: t(`done.${act}`, { what }) })
          onClose()
        },
      },
    )
  return (
    <Modal opened onClose={onClose} title={t(`act.${act}This`, { what })}>
      <Stack gap="sm">
        {consequencesOf(version, act).map(({ word, values }) => (
          <Text key={word}>{t(`means.${word}`, values)}</Text>
        ))}
        {AFTER_READING.has(act) && (
          <div>
            <div className={classes.dim}>{t('version.content')}</div>
            <div className={classes.mono}>{version.tree_sha256}</div>
          </div>
        )}
        {act === 'roll_back' && (
          <Radio.Group label={t('act.rollBackTo', { version: version.version })} value={to} onChange={(value) => setTo(value as 'shadow' | 'suspended')}>
            <Stack gap={6} mt={6}>
              <Radio value="suspended" label={t('act.toSuspended')} />
              <Radio value="shadow" label={t('act.toShadow')} />
            </Stack>
          </Radio.Group>
        )}
        {needsReason && (
          <Textarea
            data-autofocus
            required
            autosize
            minRows={2}
            maxLength={2000}
            label={t(act === 'propose' ? 'act.whyNotValidated' : 'act.why')}
            description={t('act.whyHint', { count: SHORTEST_REASON })}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        <Text c="dimmed" size="sm">
          {t('act.by', { name: me.data?.display_name ?? '' })}
        </Text>
        {perform.error && <ProblemNotice problem={perform.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button color={TAKES_OUT.has(act) ? 'urgent' : undefined} loading={perform.isPending} disabled={!isReady} onClick={confirm}>
            {t(`act.${act}`)}
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

/** What changes by an act, as catalogue words. */
export function consequencesOf(version: VersionDetail, act: VersionAct): Consequence[] {
  const inUse = version.beside.find(({ state }) => state === 'active')
  const replaces = inUse ? [{ word: 'replaces', values: { version: inUse.version } }] : []
  switch (act) {
    case 'approve':
      return [{ word: 'approve' }, { word: version.approvals.length === 0 ? 'approveFirst' : 'approveSecond' }]
    case 'propose':
      return [{ word: 'propose' }, ...(version.needs_reason ? [{ word: 'notValidated' }] : [])]
    case 'confirm':
      return [{ word: 'confirm' }, ...(version.proposal?.reason ? [{ word: 'becauseOf', values: { reason: version.proposal.reason } }] : []), ...replaces]
    case 'roll_back':
      return [{ word: 'rollBack', values: { version: version.returns_to } }, { word: 'rollBackAtOnce' }]
    case 'shadow':
      return [{ word: 'shadow' }, ...(version.state === 'active' ? [{ word: 'leavesUse' }] : [])]
    case 'suspend':
      return [{ word: 'suspend' }, { word: 'suspendBack' }]
    default:
      return [{ word: act }]
  }
}
