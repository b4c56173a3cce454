import { Button } from '@mantine/core'
import { IconBrush, IconCheck, IconClockPause, IconMessage2, IconX } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { DeferForm } from './DeferForm'
import classes from './Findings.module.css'
import { ReasonForm } from './ReasonForm'
import { isOpen, type FindingEdits, type FindingReview } from './review'

interface ReviewFormProps {
  finding: Finding
  review: FindingReview
  edits?: FindingEdits | null
  /** When the reader opened the finding (ms), where that is known. */
  openedAt?: number | null
  dense?: boolean
}

type Act = 'accept' | 'amend' | 'dismiss' | 'defer' | 'for' | 'against' | 'edit'

/** The words a person may say on a finding. None is preselected, focused or bound to Enter. */
export function ReviewForm({ finding, review, edits = null, openedAt = null, dense = false }: ReviewFormProps) {
  const { t } = useTranslation('ai')
  const [form, setForm] = useState<'dismiss' | 'defer' | 'against' | null>(null)
  const [busy, setBusy] = useState<Act | null>(null)
  const [problem, setProblem] = useState<unknown>(null)

  const attempt = async (act: Act, work: () => Promise<void>) => {
    setBusy(act)
    setProblem(null)
    try {
      await work()
      setForm(null)
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(null)
    }
  }
  const dwellMs = openedAt === null ? undefined : Math.max(0, Date.now() - openedAt)
  const size = dense ? 'compact-sm' : 'xs'
  const { label } = finding
  const button = (act: Act, icon: ReactNode, work: () => void, text = t(`review.${act}`)) => (
    <Button
      key={act}
      size={size}
      variant="default"
      leftSection={icon}
      loading={busy === act}
      disabled={busy !== null && busy !== act}
      aria-label={t(`review.${act}Finding`, { label })}
      onClick={work}
    >
      {text}
    </Button>
  )
  const edited = edits?.of(finding) ?? null
  const canReview = review.role === 'review' && isOpen(finding)
  const saysBeside = mayOpine(finding, review)
  if (!canReview && !saysBeside) return null
  return (
    <>
      {form === null && canReview && (
        <div className={classes.acts}>
          {button('accept', <IconCheck size={14} aria-hidden />, () => void attempt('accept', () => review.accept(finding, { dwellMs })))}
          {edited && !edited.pending && button('amend', <IconCheck size={14} aria-hidden />, () => void attempt('amend', () => review.accept(finding, { amendedBy: edited, dwellMs })), t('review.amendBy', { who: edited.author }))}
          {edits && finding.mask_url && !edited && button('edit', <IconBrush size={14} aria-hidden />, () => void attempt('edit', () => edits.begin(finding)))}
          {button('defer', <IconClockPause size={14} aria-hidden />, () => setForm('defer'))}
          {button('dismiss', <IconX size={14} aria-hidden />, () => setForm('dismiss'))}
        </div>
      )}
      {form === null && saysBeside && (
        <div className={classes.acts} data-opinion>
          {saysBeside.includes('accepted') && button('for', <IconMessage2 size={14} aria-hidden />, () => void attempt('for', () => review.opine(finding, { decision: 'accepted', reasonCode: null, comment: '' })), t(forWord(finding, review)))}
          {saysBeside.includes('dismissed') && button('against', <IconMessage2 size={14} aria-hidden />, () => setForm('against'), t(againstWord(finding, review)))}
        </div>
      )}
      {form === 'dismiss' && (
        <ReasonForm
          confirm={t('review.confirmDismiss')}
          busy={busy === 'dismiss'}
          size={size}
          onSay={(reasonCode, comment) => void attempt('dismiss', () => review.dismiss(finding, { reasonCode, comment, ...(dwellMs !== undefined && { dwellMs }) }))}
          onCancel={() => setForm(null)}
        />
      )}
      {form === 'against' && (
        <ReasonForm
          confirm={t('review.confirmAgainst')}
          busy={busy === 'against'}
          size={size}
          onSay={(reasonCode, comment) => void attempt('against', () => review.opine(finding, { decision: 'dismissed', reasonCode, comment }))}
          onCancel={() => setForm(null)}
        />
      )}
      {form === 'defer' && (
        <DeferForm
          busy={busy === 'defer'}
          size={size}
          onSay={(deferral) => void attempt('defer', () => review.defer(finding, { ...deferral, ...(dwellMs !== undefined && { dwellMs }) }))}
          onCancel={() => setForm(null)}
        />
      )}
      {problem !== null && (
        <div className={classes.form}>
          <ProblemNotice problem={problem} />
        </div>
      )}
    </>
  )
}

type Word = 'accepted' | 'dismissed'

/** What somebody may say beside the review: a reviewer only against a colleague's word. */
function mayOpine(finding: Finding, review: FindingReview): readonly Word[] | null {
  if (finding.state === 'superseded') return null
  const mine = finding.opinions.find(({ reviewer }) => reviewer.id === review.myId)?.decision
  const words: Word[] = review.role === 'opine' ? ['accepted', 'dismissed'] : []
  if (review.role === 'review' && finding.review && !isOpen(finding) && finding.review.reviewer.id !== review.myId) {
    words.push(finding.state === 'accepted' ? 'dismissed' : 'accepted')
  }
  const left = words.filter((word) => word !== mine)
  return left.length > 0 ? left : null
}

const forWord = (finding: Finding, { role }: FindingReview) =>
  role === 'review' && finding.review ? 'review.disagree' : 'review.for'

const againstWord = (finding: Finding, { role }: FindingReview) =>
  role === 'review' && finding.review ? 'review.disagree' : 'review.against'
