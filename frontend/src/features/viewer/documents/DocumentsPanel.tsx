import { IconAlertTriangle, IconChevronDown, IconChevronRight, IconInfoCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useDocuments } from '@/api/documents'
import type { CaseDocument, Study } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { AiMark } from '@/ui/clinical'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import type { Viewer } from '@/viewer/viewer'

import panels from '../panels.module.css'
import classes from './documents.module.css'
import { OpenDocument } from './OpenDocument'

interface DocumentsPanelProps {
  caseId: string
  viewer: Viewer
  studies: readonly Study[]
}

/** Documents that are not a finding's own. */
export const documentCount = (documents: readonly CaseDocument[] | undefined): number =>
  documents?.filter((one) => !one.own).length ?? 0

/** Reports, key images, presentation states and PDFs of the case, by study; one opens in place. */
export function DocumentsPanel({ caseId, viewer, studies }: DocumentsPanelProps) {
  const { t } = useTranslation('documents')
  const { data, error, refetch } = useDocuments(caseId, studies)
  const [open, setOpen] = useState<string | null>(null)
  if (error && !data) return <ProblemNotice problem={error} onRetry={() => void refetch()} />
  if (!data?.length) return <p className={panels.empty}>{t('none')}</p>
  const uids = [...new Set(data.map((one) => one.study_instance_uid))]
  return uids.map((uid) => {
    const documents = data.filter((one) => one.study_instance_uid === uid)
    const study = studies.find((one) => one.study_instance_uid === uid)
    return (
      <section key={uid} className={panels.study} aria-label={t('ofStudy', { at: uids.indexOf(uid) + 1, name: study?.description ?? '' })}>
        <header className={panels.studyHead}>
          <span className={panels.strong}>{formatDate(documents[0]?.study_date)}</span>
          <span className={panels.ellipsis}>{study?.description}</span>
        </header>
        {documents.map((one) => (
          <DocumentRow
            key={one.id}
            one={one}
            isOpen={open === one.id}
            onToggle={() => setOpen(open === one.id ? null : one.id)}
          >
            <OpenDocument caseId={caseId} viewer={viewer} listed={one} />
          </DocumentRow>
        ))}
      </section>
    )
  })
}

interface RowProps {
  one: CaseDocument
  isOpen: boolean
  onToggle: () => void
  children: React.ReactNode
}

function DocumentRow({ one, isOpen, onToggle, children }: RowProps) {
  const { t } = useTranslation('documents')
  const title = one.title || t(`kind.${one.kind}`)
  const canOpen = !one.withheld && !one.own && (one.readable || one.page_url !== '')
  const Arrow = isOpen ? IconChevronDown : IconChevronRight
  return (
    <article className={classes.document} data-document={one.id} data-kind={one.kind}>
      <button
        type="button"
        className={classes.head}
        aria-expanded={canOpen ? isOpen : undefined}
        disabled={!canOpen}
        title={title}
        onClick={onToggle}
      >
        {canOpen && <Arrow size={14} aria-hidden />}
        <span className={panels.rowText}>
          <span className={panels.strong}>{title}</span>
          <span className={panels.dim}>
            {[
              one.title !== '' && t(`kind.${one.kind}`),
              one.description !== title && one.description,
              one.date && formatDate(one.date),
              one.author || one.manufacturer,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
          <References one={one} />
        </span>
      </button>
      <Marks one={one} />
      {one.problems.map((problem) => (
        <p
          key={problem.code}
          className={problem.severity === 'note' ? panels.segmentationNote : panels.tileWarning}
        >
          {problem.severity === 'note' ? (
            <IconInfoCircle size={13} aria-hidden />
          ) : (
            <IconAlertTriangle size={13} aria-hidden />
          )}{' '}
          {problem.message}
        </p>
      ))}
      {isOpen && canOpen && children}
    </article>
  )
}

function References({ one }: { one: CaseDocument }) {
  const { t } = useTranslation('documents')
  if (one.references === 0) return null
  const how =
    one.missing === 0
      ? t('allHere')
      : one.missing === one.references
        ? t('allMissing')
        : t('someMissing', { missing: one.missing })
  return (
    <span className={panels.dim}>
      {t('refers', { count: one.references })}, {how}
    </span>
  )
}

function Marks({ one }: { one: CaseDocument }) {
  const { t } = useTranslation('documents')
  return (
    <div className={classes.marks}>
      {one.unreviewed && <AiMark />}
      {one.verified === true && (
        <Chip tone="ok">
          {one.verified_by
            ? t('verifiedBy', { who: one.verified_by, when: formatDate(one.verified_at.slice(0, 8)) })
            : t('verified')}
        </Chip>
      )}
      {one.verified === false && <Chip tone="warning">{t('unverified')}</Chip>}
      {one.complete === false && <Chip>{t('partial')}</Chip>}
      {one.own && <Chip tone="neutral">{t('own')}</Chip>}
      {one.withheld && <Chip tone="neutral">{t('withheld')}</Chip>}
      {!one.readable && one.page_url !== '' && <Chip tone="neutral">{t('pagesOnly')}</Chip>}
    </div>
  )
}
