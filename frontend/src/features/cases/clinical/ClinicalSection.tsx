import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconHeartHandshake, IconHistory, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type ClinicalContent, type ClinicalEntry, type KindOfEntry, useClinical } from '@/api/clinical'
import type { CaseDetail } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Clinical.module.css'
import { EntryDialog } from './EntryDialog'
import { KINDS } from './fields'
import { HistoryDialog } from './HistoryDialog'
import { formatPartial } from './partial'
import { WithdrawDialog } from './WithdrawDialog'
import { useClinicalWords } from './words'

const MOST_CHIPS = 12

type Open =
  | { what: 'record'; kind: KindOfEntry }
  | { what: 'revise' | 'withdraw'; kind: KindOfEntry; entry: ClinicalEntry }
  | { what: 'history'; kind: KindOfEntry }

/** What is known of the patient: the facts at a glance, then each kind, folded. */
export function ClinicalSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('clinical')
  const found = useClinical(entry.id)
  const [open, setOpen] = useState<Open | null>(null)
  const mayRecord = entry.can.includes('record_clinical')
  const close = () => setOpen(null)
  return (
    <Section
      title={t('title')}
      actions={
        mayRecord && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />}>
                {t('recordMenu')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {KINDS.map((kind) => (
                <Menu.Item key={kind} onClick={() => setOpen({ what: 'record', kind })}>
                  {t(`one.${kind}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )
      }
    >
      {found.error && !found.data && <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />}
      {!found.data && !found.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
      {found.data && <Content content={found.data} mayRecord={mayRecord} onOpen={setOpen} />}
      {open?.what === 'record' && <EntryDialog caseId={entry.id} kind={open.kind} onClose={close} />}
      {open?.what === 'revise' && <EntryDialog caseId={entry.id} kind={open.kind} before={open.entry} onClose={close} />}
      {open?.what === 'withdraw' && <WithdrawDialog caseId={entry.id} kind={open.kind} entry={open.entry} onClose={close} />}
      {open?.what === 'history' && <HistoryDialog caseId={entry.id} kind={open.kind} onClose={close} />}
    </Section>
  )
}

interface ContentProps {
  content: ClinicalContent
  mayRecord: boolean
  onOpen: (open: Open) => void
}

function Content({ content, mayRecord, onOpen }: ContentProps) {
  const { t } = useTranslation('clinical')
  const filled = KINDS.filter((kind) => content[kind].length > 0)
  if (filled.length === 0) {
    return <EmptyState compact icon={IconHeartHandshake} title={t('empty')} hint={mayRecord ? t('emptyHint') : undefined} />
  }
  return (
    <>
      <Glance content={content} />
      {content.is_withheld && <p className={classes.withheld}>{t('withheldHint')}</p>}
      {filled.map((kind) => (
        <details key={kind} className={classes.kind}>
          <summary>
            {t(`many.${kind}`)} <span className={classes.count}>{content[kind].length}</span>
          </summary>
          <ul className={classes.entries}>
            {(content[kind] as ClinicalEntry[]).map((one) => (
              <EntryRow key={one.id} kind={kind} entry={one} mayRecord={mayRecord} onOpen={onOpen} />
            ))}
          </ul>
          {content.truncated.includes(kind) && <p className={classes.withheld}>{t('truncated')}</p>}
          <Button size="xs" variant="subtle" leftSection={<IconHistory size={14} aria-hidden />} onClick={() => onOpen({ what: 'history', kind })}>
            {t('historyOf', { what: t(`many.${kind}`) })}
          </Button>
        </details>
      ))}
    </>
  )
}

/** What a board wants to see before anything else: what matters to the patient comes first. */
function Glance({ content }: { content: ClinicalContent }) {
  const { t } = useTranslation('clinical')
  const { line } = useClinicalWords()
  const newest = (kind: KindOfEntry, fits: (one: ClinicalEntry) => boolean = () => true) =>
    (content[kind] as ClinicalEntry[]).find(fits)
  const matters = newest('preferences')
  const facts: { key: string; kind: KindOfEntry; entry?: ClinicalEntry }[] = [
    { key: 'clinicalStage', kind: 'stagings', entry: newest('stagings', (one) => !['p', 'yp'].includes(String(one.prefix))) },
    { key: 'pathologicalStage', kind: 'stagings', entry: newest('stagings', (one) => ['p', 'yp'].includes(String(one.prefix))) },
    { key: 'ecog', kind: 'performance', entry: newest('performance', (one) => one.scale === 'ecog') },
    { key: 'kps', kind: 'performance', entry: newest('performance', (one) => one.scale === 'kps') },
    { key: 'comorbidity', kind: 'comorbidities', entry: newest('comorbidities') },
  ]
  const shown = facts.filter((fact) => fact.entry)
  const biomarkers = content.biomarkers as ClinicalEntry[]
  const allergies = content.allergies as ClinicalEntry[]
  return (
    <div className={classes.glance}>
      {matters && (
        <div className={classes.matters}>
          <h3 className={classes.label}>{t('matters')}</h3>
          <p>{String(matters.text || t('withheld'))}</p>
          <span className={classes.aside}>
            {[matters.recorded_by?.display_name, formatPartial(matters.on ?? matters.recorded_at)].filter(Boolean).join(', ')}
          </span>
        </div>
      )}
      {shown.length > 0 && (
        <dl className={classes.facts}>
          {shown.map(({ key, kind, entry }) => (
            <div key={key}>
              <dt>{t(`glance.${key}`)}</dt>
              <dd>
                {entry && line(kind, entry)[0]} <span className={classes.aside}>{formatPartial(entry?.on)}</span>
                {entry?.is_draft === true && (
                  <Chip tone="warning" hint={t('draftHint')}>
                    {t('draft')}
                  </Chip>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {(biomarkers.length > 0 || allergies.length > 0) && (
        <ul className={classes.chips} aria-label={t('chips')}>
          {allergies.map((one) => (
            <AllergyChip key={one.id} entry={one} />
          ))}
          {biomarkers.slice(0, MOST_CHIPS).map((one) => (
            <BiomarkerChip key={one.id} entry={one} />
          ))}
        </ul>
      )}
    </div>
  )
}

function AllergyChip({ entry }: { entry: ClinicalEntry }) {
  const { t } = useTranslation('clinical')
  const { line } = useClinicalWords()
  const [substance, detail] = line('allergies', entry)
  const tone = entry.criticality === 'high' ? 'urgent' : 'warning'
  return (
    <li>
      <Chip tone={tone} hint={detail}>
        {t('allergyTo', { substance })}
      </Chip>
    </li>
  )
}

/** A test that failed or is under way stands out: it is no negative one. */
function BiomarkerChip({ entry }: { entry: ClinicalEntry }) {
  const { line } = useClinicalWords()
  const [title, detail] = line('biomarkers', entry)
  const tone = entry.result === 'failed' || entry.result === 'pending' ? 'warning' : 'neutral'
  return (
    <li>
      <Chip tone={tone} hint={detail}>
        {title}
      </Chip>
    </li>
  )
}

interface EntryRowProps {
  kind: KindOfEntry
  entry: ClinicalEntry
  mayRecord: boolean
  onOpen: (open: Open) => void
}

function EntryRow({ kind, entry, mayRecord, onOpen }: EntryRowProps) {
  const { t } = useTranslation('clinical')
  const { line, word } = useClinicalWords()
  const [title, detail] = line(kind, entry)
  const source = word('source', entry.source)
  const origin = [formatPartial(entry.on) || t('noDate'), source, entry.source_detail, entry.recorded_by?.display_name]
  return (
    <li className={classes.entry}>
      <div>
        <div>
          {title} {entry.is_draft === true && <Chip tone="warning">{t('draft')}</Chip>}
        </div>
        {detail && <div className={classes.aside}>{detail}</div>}
        {entry.note && <div className={classes.aside}>{entry.note}</div>}
        <div className={classes.aside}>{origin.filter(Boolean).join(' · ')}</div>
      </div>
      {mayRecord && (
        <div className={classes.acts}>
          <ActionIcon variant="subtle" size={28} aria-label={t('reviseNamed', { what: title })} onClick={() => onOpen({ what: 'revise', kind, entry })}>
            <IconPencil size={15} aria-hidden />
          </ActionIcon>
          <ActionIcon variant="subtle" size={28} aria-label={t('withdrawNamed', { what: title })} onClick={() => onOpen({ what: 'withdraw', kind, entry })}>
            <IconTrash size={15} aria-hidden />
          </ActionIcon>
        </div>
      )}
    </li>
  )
}
