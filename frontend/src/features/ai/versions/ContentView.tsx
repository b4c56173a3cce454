import { Select } from '@mantine/core'
import { IconFileOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useVersionContent } from '@/api/models'
import type { BundleFile, FileChange, VersionDetail } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
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

/** Plain, with nothing to select: the list is read, and no row of it may move the page. */
function FilesTable({ files }: { files: BundleFile[] }) {
  const { t } = useTranslation('models')
  if (files.length === 0) return <EmptyState icon={IconFileOff} title={t('content.noFiles')} />
  return (
    <div className={classes.tableScroll} tabIndex={0} role="region" aria-label={t('content.filesOfThis')}>
      <table className={classes.reach} aria-label={t('content.filesOfThis')}>
        <thead>
          <tr>
            <th scope="col">{t('content.path')}</th>
            <th scope="col">{t('content.kind')}</th>
            <th scope="col">{t('content.size')}</th>
            <th scope="col">{t('content.sha256')}</th>
          </tr>
        </thead>
        <tbody>
          {files.map(({ path, kind, size, sha256 }) => (
            <tr key={path}>
              <th scope="row" className={classes.mono}>
                {path}
              </th>
              <td>{t(`kind.${kind}`)}</td>
              <td className={classes.size}>{formatBytes(size)}</td>
              <td className={classes.mono}>{sha256}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
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
