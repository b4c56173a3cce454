import { Button, Group, Stack, Textarea } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useCardEntry, useVersionCard } from '@/api/models'
import type { CardGroup, CardStatement, VersionCard } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { formatDate, formatFigure } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Versions.module.css'

/** The model card: every attribute in its group, with whose words it has. None is left out. */
export function CardView({ versionId }: { versionId: string }) {
  const { t } = useTranslation('models')
  const card = useVersionCard(versionId)
  if (card.error && !card.data) return <ProblemNotice problem={card.error} onRetry={() => void card.refetch()} />
  if (!card.data) return <LoadingRows label={t('common:list.loading')} />
  return <CardGroups card={card.data} versionId={versionId} />
}

function CardGroups({ card, versionId }: { card: VersionCard; versionId: string }) {
  const { t } = useTranslation('models')
  const statements = card.groups.flatMap((group) => group.statements)
  const missing = statements.filter(({ source }) => source === 'nobody').length
  const group = (one: CardGroup) => <GroupSection key={one.key} group={one} versionId={versionId} mayWrite={card.may_write} />
  return (
    <div className={classes.card}>
      <Section title={t('card.atAGlance')} padded>
        <dl className={classes.facts}>
          <dt>{t('card.regulatoryStatus')}</dt>
          <dd>
            <strong>{card.regulatory_status.text}</strong>
            <Origin statement={card.regulatory_status} />
          </dd>
          <dt>{t('card.localValidation')}</dt>
          <dd>
            <Validation card={card} />
          </dd>
          <dt>{t('card.thresholds')}</dt>
          <dd>{card.thresholds.length > 0 ? <Lines lines={card.thresholds} /> : <NotStated />}</dd>
          <dt>{t('card.scope')}</dt>
          <dd>{card.scope_rules.length > 0 ? <Lines lines={card.scope_rules} /> : <NotStated />}</dd>
          <dt>{t('card.weights')}</dt>
          <dd className={classes.mono}>{card.weights ? `${card.weights.path} · ${card.weights.sha256}` : t('card.noWeights')}</dd>
          <dt>{t('version.content')}</dt>
          <dd className={classes.mono}>{card.tree_sha256}</dd>
        </dl>
        <p className={classes.dim}>{t('card.count', { stated: statements.length - missing, total: statements.length })}</p>
      </Section>
      {card.groups.map(group)}
      {group(card.imaging)}
      {group(card.change_log)}
    </div>
  )
}

function Validation({ card }: { card: VersionCard }) {
  const { t } = useTranslation('models')
  const { validation } = card
  if (!validation) {
    return <span className={classes.warning}>{card.not_validated_because ? t('version.notValidatedBecause', { reason: card.not_validated_because }) : t('version.notValidated')}</span>
  }
  const figures = Object.entries(validation.headline).map(([name, value]) => `${name} ${formatFigure(value, '')}`)
  return (
    <>
      {t('version.validated', { when: formatDate(validation.done_on), count: validation.studies })}
      <div>{figures.join(' · ')}</div>
      <div className={classes.dim}>{t('card.recordedBy', { who: validation.person })}</div>
      <div className={classes.mono}>{t('card.report', { sha256: validation.report_sha256 })}</div>
    </>
  )
}

function GroupSection({ group, versionId, mayWrite }: { group: CardGroup; versionId: string; mayWrite: boolean }) {
  const { t } = useTranslation('models')
  return (
    <Section title={t(`group.${group.key}`)}>
      <table className={classes.statements}>
        <tbody>
          {group.statements.map((statement) => (
            <StatementRow key={statement.key} statement={statement} versionId={versionId} mayWrite={mayWrite} />
          ))}
        </tbody>
      </table>
    </Section>
  )
}

function StatementRow({ statement, versionId, mayWrite }: { statement: CardStatement; versionId: string; mayWrite: boolean }) {
  const { t } = useTranslation('models')
  const [isWriting, setWriting] = useState(false)
  const name = t(`attribute.${statement.key}`)
  const isOpen = statement.source === 'nobody' || statement.source === 'house'
  return (
    <tr data-source={statement.source}>
      <th scope="row">{name}</th>
      <td>
        {isWriting ? (
          <EntryForm statement={statement} name={name} versionId={versionId} onDone={() => setWriting(false)} />
        ) : (
          <div className={classes.statement}>
            <div>
              {statement.text ? <div className={classes.words}>{statement.text}</div> : <NotStated />}
              <Origin statement={statement} />
            </div>
            {mayWrite && isOpen && (
              <Button size="compact-xs" variant="subtle" leftSection={<IconPencil size={13} aria-hidden />} aria-label={t('card.write', { act: t(statement.text ? 'card.change' : 'card.add'), name })} onClick={() => setWriting(true)}>
                {t(statement.text ? 'card.change' : 'card.add')}
              </Button>
            )}
          </div>
        )}
      </td>
    </tr>
  )
}

function EntryForm({ statement, name, versionId, onDone }: { statement: CardStatement; name: string; versionId: string; onDone: () => void }) {
  const { t } = useTranslation('models')
  const write = useCardEntry(versionId)
  const [text, setText] = useState(statement.source === 'house' ? statement.text : '')
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    write.mutate({ key: statement.key, text: text.trim() }, { onSuccess: onDone })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <Textarea data-autofocus autoFocus autosize minRows={2} maxLength={4000} aria-label={name} description={t('card.underYourName')} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {write.error && <ProblemNotice problem={write.error} />}
        <Group gap={6}>
          <Button type="submit" size="compact-sm" loading={write.isPending} disabled={!text.trim()}>
            {t('card.keep')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onDone}>
            {t('common:action.cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Origin({ statement }: { statement: CardStatement }) {
  const { t } = useTranslation('models')
  if (statement.source === 'nobody') return null
  const when = statement.at ? formatDate(statement.at) : ''
  return <div className={classes.dim}>{t(`origin.${statement.source}`, { who: statement.author, when })}</div>
}

function NotStated() {
  const { t } = useTranslation('models')
  return <span className={classes.notStated}>{t('card.notStated')}</span>
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul className={classes.lines}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
