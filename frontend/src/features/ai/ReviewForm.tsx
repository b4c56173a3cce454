import { Button } from '@mantine/core'
import { IconBrush, IconCheck, IconClockPause, IconMessage2, IconX } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { AmendedBox } from '@/api/findings'
import type { Finding } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { DeferForm } from './DeferForm'
import classes from './Findings.module.css'
import { ReasonForm } from './ReasonForm'
import { isBox, isOpen, type FindingEdits, type FindingReview, type OpenedAt } from './review'

interface ReviewFormProps {
  finding: Finding
  review: FindingReview
  edits?: FindingEdits | null
  /** When the reader opened the finding (ms), where that is known. */
  openedAt?: OpenedAt
  dense?: boolean
}

interface ActProps {
  act: Act
  icon: ReactNode
  onPress: () => void
  text: string
  name: string
}

type Act = 'accept' | 'amend' | 'dismiss' | 'defer' | 'for' | 'against' | 'edit'

/** The words a person may say on a finding. None is preselected, focused or bound to Enter. */
export function ReviewForm({ finding, review, edits = null, openedAt, dense = false }: ReviewFormProps) {
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
  const dwell = () => dwellSince(openedAt?.current ?? null)
  const size = dense ? 'compact-sm' : 'xs'
  const { label } = finding
  const edited = edits?.of(finding) ?? null
  const words = mayOpine(finding, review)
  const acts: ActProps[] = []
  const offer = (act: Act, icon: ReactNode, onPress: () => void, text = t(`review.${act}`)) =>
    acts.push({ act, icon, onPress, text, name: t('review.of', { act: text, label }) })
  if (review.role === 'review' && isOpen(finding)) {
    offer('accept', <IconCheck size={14} aria-hidden />, () => void attempt('accept', () => review.accept(finding, dwell())))
    if (edited && !edited.pending) {
      const amendedBy = { segmentation: edited.segmentation, segment: edited.segment, revision: edited.revision }
      offer(
        'amend',
        <IconCheck size={14} aria-hidden />,
        () => void attempt('amend', () => review.accept(finding, { amendedBy, ...dwell() })),
        t('review.amendBy', { who: edited.author }),
      )
    }
    if (edits && finding.mask_url && !finding.external && !edited) offer('edit', <IconBrush size={14} aria-hidden />, () => void attempt('edit', () => edits.begin(finding)))
    offer('defer', <IconClockPause size={14} aria-hidden />, () => setForm('defer'))
    offer('dismiss', <IconX size={14} aria-hidden />, () => setForm('dismiss'))
  }
  const acceptBox = (amendedBox: AmendedBox) => void attempt('amend', () => review.accept(finding, { amendedBox, ...dwell() }))
  const disagrees = review.role === 'review' && finding.review
  if (words.includes('accepted')) {
    const opinion = { decision: 'accepted', reasonCode: null, comment: '' } as const
    offer('for', <IconMessage2 size={14} aria-hidden />, () => void attempt('for', () => review.opine(finding, opinion)), t(disagrees ? 'review.disagree' : 'review.for'))
  }
  if (words.includes('dismissed')) offer('against', <IconMessage2 size={14} aria-hidden />, () => setForm('against'), t(disagrees ? 'review.disagree' : 'review.against'))
  if (acts.length === 0) return null
  return (
    <>
      {form === null && (
        <div className={classes.acts}>
          {acts.map(({ act, icon, onPress, text, name }) => (
            <Button
              key={act}
              size={size}
              variant="default"
              leftSection={icon}
              loading={busy === act}
              disabled={busy !== null && busy !== act}
              aria-label={name}
              onClick={onPress}
            >
              {text}
            </Button>
          ))}
        </div>
      )}
      {form === null &&
        review.role === 'review' &&
        isOpen(finding) &&
        !finding.external &&
        isBox(finding) &&
        edits?.box?.(finding, {
          isBusy: busy !== null,
          accept: acceptBox,
        })}
      {form === 'dismiss' && (
        <ReasonForm
          confirm={t('review.confirmDismiss')}
          busy={busy === 'dismiss'}
          size={size}
          onSay={(reasonCode, comment) => void attempt('dismiss', () => review.dismiss(finding, { reasonCode, comment, ...dwell() }))}
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
          onSay={(deferral) => void attempt('defer', () => review.defer(finding, { ...deferral, ...dwell() }))}
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

const dwellSince = (openedAt: number | null) => (openedAt === null ? {} : { dwellMs: Math.max(0, Date.now() - openedAt) })

type Word = 'accepted' | 'dismissed'

/** What somebody may say beside the review: a reviewer only against a colleague's word. */
function mayOpine(finding: Finding, review: FindingReview): readonly Word[] {
  if (finding.state === 'superseded') return []
  const mine = finding.opinions.find(({ reviewer }) => reviewer.id === review.myId)?.decision
  const words: Word[] = review.role === 'opine' ? ['accepted', 'dismissed'] : []
  if (review.role === 'review' && finding.review && !isOpen(finding) && finding.review.reviewer.id !== review.myId) {
    words.push(finding.state === 'accepted' ? 'dismissed' : 'accepted')
  }
  return words.filter((word) => word !== mine)
}
