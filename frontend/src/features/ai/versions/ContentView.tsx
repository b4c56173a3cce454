import { Select } from '@mantine/core'
import { IconFileOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useVersionContent } from '@/api/models'
import type { BundleFile, FileChange, VersionDetail } from '@/api/types'
import { type Column, DataTable, LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatBytes, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Versions.module.css'

const NOTHING = 'nothing'

/** What is approved: every file with its hash, and what it changes, as text. Never run. */
export function ContentView({ version }: { version: VersionDetail }) {
  const { t } = useTranslation('models')
  const [against, setAgainst] = useState('')
  const content = useVersionContent(version.id, against)
  const shown = content.data?.against?.id ?? NOTHING
  const choices = [
    { value: NOTHING, label: t('content.nothing') },
    ...version.beside.map((one) => ({ value: one.id, label: t('content.version', { version: one.version, state: wordFor('versionState', one.state) }) })),
  ]
  if (content.error && !content.data) return <ProblemNotice problem={content.error} onRetry={() => void content.refetch()} />
  if (!content.data) return <LoadingRows label={t('common:list.loading')} />
  return (
    <div className={classes.card}>
      <Section title={t('content.whole')} padded>
        <p className={classes.whole}>{t('content.wholeHint')}</p>
        <div className={classes.hash} data-testid="tree-hash">
          {content.data.tree_sha256}
        </div>
      </Section>
      <Section
        title={t('content.changes')}
        count={content.data.changes.length}
        actions={<Select size="xs" w={280} aria-label={t('content.against')} data={choices} value={shown} allowDeselect={false} onChange={(value) => setAgainst(value ?? '')} />}
      >
        {content.data.changes.length === 0 && <EmptyState icon={IconFileOff} title={t('content.same')} hint={t('content.sameHint')} compact />}
        {content.data.changes.map((change) => (
          <ChangedFile key={change.path} change={change} />
        ))}
      </Section>
      <Section title={t('content.files')} count={content.data.files.length}>
        <FilesTable files={content.data.files} />
      </Section>
    </div>
  )
}

function FilesTable({ files }: { files: BundleFile[] }) {
  const { t } = useTranslation('models')
  const columns: Column<BundleFile>[] = [
    { id: 'path', header: t('content.path'), grow: true, render: ({ path }) => <span className={classes.mono}>{path}</span> },
    { id: 'kind', header: t('content.kind'), width: 130, render: ({ kind }) => t(`kind.${kind}`) },
    { id: 'size', header: t('content.size'), width: 100, align: 'end', figures: true, render: ({ size }) => formatBytes(size) },
    { id: 'sha256', header: t('content.sha256'), width: '46%', from: 'medium', render: ({ sha256 }) => <span className={classes.mono}>{sha256}</span> },
  ]
  return <DataTable label={t('content.filesOfThis')} columns={columns} rows={files} rowKey={({ path }) => path} keysEnabled={false} empty={<EmptyState icon={IconFileOff} title={t('content.noFiles')} />} />
}

function ChangedFile({ change }: { change: FileChange }) {
  const { t } = useTranslation('models')
  const { before, after } = change
  return (
    <details className={classes.file} open={change.kind !== 'document' && change.text === 'lines'} data-change={change.change}>
      <summary>
        <span className={classes.path}>{change.path}</span>
        <span className={classes[change.change]}>{t(`change.${change.change}`)}</span>
        <span className={classes.dim}>{t(`kind.${change.kind}`)}</span>
        <span className={classes.dim}>{[before, after].filter((one) => one !== null).map(({ size }) => formatBytes(size)).join(' → ')}</span>
      </summary>
      {change.text === 'lines' ? (
        <DiffLines change={change} />
      ) : (
        <div className={classes.fileNote}>
          <div>{t(`content.${change.text}`)}</div>
          {before && <div className={classes.mono}>− {before.sha256}</div>}
          {after && <div className={classes.mono}>+ {after.sha256}</div>}
        </div>
      )}
    </details>
  )
}

const lineClass = (line: string): string | undefined =>
  line.startsWith('@@') ? classes.place : line.startsWith('+') ? classes.plus : line.startsWith('-') ? classes.minus : undefined

/** A unified diff, as text: React writes it out and nothing of it is markup. */
function DiffLines({ change }: { change: FileChange }) {
  const { t } = useTranslation('models')
  return (
    <>
      <pre className={classes.diff} tabIndex={0} aria-label={t('content.diffOf', { path: change.path })}>
        {change.lines.length === 0 ? t('content.emptyFile') : change.lines.map((line, index) => (
          <span key={index} className={lineClass(line)}>
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
      {change.cut && <div className={classes.fileNote}>{t('content.cut')}</div>}
    </>
  )
}
