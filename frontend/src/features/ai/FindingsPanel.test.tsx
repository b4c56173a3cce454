import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { Problem } from '@/api/problem'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding, anExternal, aWord } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { FindingsPanel, inReviewOrder } from './FindingsPanel'
import type { FindingReview } from './review'

const done = () => vi.fn().mockResolvedValue(undefined)
const aReview = (part: Partial<FindingReview> = {}): FindingReview => ({
  role: 'review',
  myId: 'me',
  accept: done(),
  dismiss: done(),
  defer: done(),
  opine: done(),
  retryExport: done(),
  ...part,
})

it('puts what waits first: unreviewed, urgent, likelier', () => {
  const order = inReviewOrder([
    aFinding({ id: 'dismissed', state: 'dismissed' }),
    aFinding({ id: 'likely', probability: 0.9 }),
    aFinding({ id: 'urgent', urgency: 'urgent', probability: 0.1 }),
    aFinding({ id: 'accepted', state: 'accepted' }),
    aFinding({ id: 'none', probability: null }),
  ])
  expect(order.map((finding) => finding.id)).toEqual(['urgent', 'likely', 'none', 'accepted', 'dismissed'])
})

it('shows both axes, the probability and who says so', async () => {
  const { container } = renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={aReview()} onShow={vi.fn()} />)
  const finding = screen.getByRole('listitem')
  expect(finding).toHaveTextContent('24 × 18 mm')
  expect(finding).toHaveTextContent('p 0.71')
  expect(finding).toHaveTextContent('Phantom tumour 1.0.0')
  expect(finding).toHaveTextContent('AI, unreviewed')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('accepts nothing by default: no focus, no Enter, only the button', async () => {
  const review = aReview()
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={review} />)
  expect(document.activeElement).toBe(document.body)
  await userEvent.keyboard('{Enter}a{Enter}')
  expect(review.accept).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('button', { name: 'Accept: Tumour 1' }))
  expect(review.accept).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'finding-1' }), {})
})

it('dismisses only with a reason, and “other” only with words', async () => {
  const review = aReview()
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={review} />)
  await userEvent.click(screen.getByRole('button', { name: 'Dismiss: Tumour 1' }))
  const confirm = screen.getByRole('button', { name: 'Dismiss the finding' })
  expect(confirm).toBeDisabled()
  const reason = screen.getByRole('combobox', { name: /Why is it dismissed/ })
  expect(reason).toHaveValue('')
  await userEvent.click(reason)
  await userEvent.click(await screen.findByRole('option', { name: 'Other (say why)' }))
  expect(confirm).toBeDisabled()
  await userEvent.type(screen.getByLabelText('Comment'), 'pleural plaque')
  await userEvent.click(confirm)
  expect(review.dismiss).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'finding-1' }), { reasonCode: 'other', comment: 'pleural plaque' })
})

it('says why a review was refused, and keeps the finding open', async () => {
  const review = aReview()
  vi.mocked(review.accept).mockRejectedValue(new Problem({ status: 409, code: 'stale_version', title: 'Conflict' }))
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={review} />)
  await userEvent.click(screen.getByRole('button', { name: 'Accept: Tumour 1' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Somebody changed this')
  expect(screen.getByRole('button', { name: 'Accept: Tumour 1' })).toBeEnabled()
})

it('lets nobody review who may not', () => {
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={null} />)
  expect(screen.queryByRole('button', { name: /Accept|Dismiss/ })).toBeNull()
})

it('tells who dismissed what and why, and whether the PACS has the accepted one', () => {
  const at = '2026-11-21T10:00:00Z'
  renderScreen(
    <FindingsPanel
      jobs={[]}
      review={null}
      findings={[
        aFinding({ id: 'a', state: 'dismissed', review: aWord({ decision: 'dismissed', reason_code: 'duplicate' }) }),
        aFinding({ id: 'b', state: 'accepted', review: aWord(), export: { state: 'stored', attempts: 1, error: null, stored_at: at } }),
      ]}
    />,
  )
  const [accepted, dismissed] = screen.getAllByRole('listitem')
  expect(within(accepted as HTMLElement).getByText('Stored and verified in the PACS')).toBeVisible()
  expect(dismissed).toHaveTextContent('Dismissed by Dr Demir')
  expect(dismissed).toHaveTextContent('Duplicate')
})

it('says why an accepted finding is not in the PACS, and sends it again', async () => {
  const review = aReview()
  const failed = aFinding({
    state: 'accepted',
    review: aWord(),
    export: { state: 'failed', attempts: 5, error: { code: 'pacs_unavailable', message: 'The PACS refused the object.' }, stored_at: null },
  })
  renderScreen(<FindingsPanel jobs={[]} findings={[failed]} review={review} dense />)
  expect(screen.getByText('Not stored in the PACS')).toBeVisible()
  expect(screen.getByText('The PACS refused the object.')).toBeVisible()
  vi.mocked(review.retryExport).mockRejectedValueOnce(new Problem({ status: 409, code: 'illegal_move', title: 'It was stored in the meantime' }))
  await userEvent.click(screen.getByRole('button', { name: 'Try again to store Tumour 1 in the PACS' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('This cannot be done any more')
  await userEvent.click(screen.getByRole('button', { name: /Try again/ }))
  expect(review.retryExport).toHaveBeenCalledTimes(2)
  expect(screen.queryByRole('alert')).toBeNull()
})

it('lets nobody send again who may not review, and nothing be sent twice that waits', () => {
  const accepted = (state: 'failed' | 'queued') =>
    aFinding({ id: state, state: 'accepted', review: aWord(), export: { state, attempts: 1, error: null, stored_at: null } })
  renderScreen(<FindingsPanel jobs={[]} findings={[accepted('failed')]} review={null} />)
  renderScreen(<FindingsPanel jobs={[]} findings={[accepted('queued')]} review={aReview()} />)
  expect(screen.queryByRole('button', { name: /Try again/ })).toBeNull()
})

it('accepts what somebody painted only as that, and never while it is still being saved', async () => {
  const review = aReview()
  const edit = { segmentation: 's', segment: 1, revision: 3, author: 'Dr Adler', pending: false }
  const edits = { begin: done(), of: () => edit }
  const { unmount } = renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={review} edits={edits} />)
  await userEvent.click(screen.getByRole('button', { name: 'Accept as edited by Dr Adler: Tumour 1' }))
  expect(review.accept).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'finding-1' }), { amendedBy: { segmentation: 's', segment: 1, revision: 3 } })
  unmount()
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={review} edits={{ ...edits, of: () => ({ ...edit, pending: true }) }} />)
  expect(screen.queryByRole('button', { name: /as edited/ })).toBeNull()
})

it('defers without a day, and what is deferred is still to be reviewed', async () => {
  const review = aReview()
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding({ state: 'deferred', review: aWord({ decision: 'deferred', defer_until: '2026-12-10' }) })]} review={review} />)
  expect(screen.getByRole('listitem')).toHaveTextContent('Put off until')
  await userEvent.click(screen.getByRole('button', { name: 'Defer: Tumour 1' }))
  await userEvent.click(screen.getByRole('button', { name: 'Defer the finding' }))
  expect(review.defer).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'finding-1' }), { until: null, comment: '' })
})

it('lets a trainee propose and never sign', async () => {
  const review = aReview({ role: 'opine' })
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding()]} review={review} />)
  expect(screen.queryByRole('button', { name: /^(Accept|Dismiss|Defer)/ })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'I think it is right: Tumour 1' }))
  expect(review.opine).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'finding-1' }), { decision: 'accepted', reasonCode: null, comment: '' })
})

it('keeps a disagreement beside the review and offers it to colleagues only', async () => {
  const review = aReview()
  const accepted = aFinding({
    state: 'accepted',
    is_disputed: true,
    review: aWord(),
    opinions: [{ ...aWord({ decision: 'dismissed', reason_code: 'wrong-class' }), reviewer: { id: 'x', display_name: 'Dr Vogel', discipline: 'surgery' }, kind: 'opinion' }],
  })
  const { container, unmount } = renderScreen(<FindingsPanel jobs={[]} findings={[accepted]} review={review} />)
  const [card] = screen.getAllByRole('listitem')
  expect(card).toHaveTextContent('Disputed')
  expect(card).toHaveTextContent('Dr Vogel (Surgery): wrong')
  expect(screen.queryByRole('button', { name: 'Accept: Tumour 1' })).toBeNull()
  expect(screen.getByRole('button', { name: 'Disagree: Tumour 1' })).toHaveTextContent('Disagree')
  expect(await accessibilityFaults(container)).toEqual([])
  unmount()
  renderScreen(<FindingsPanel jobs={[]} findings={[accepted]} review={aReview({ myId: 'u' })} />)
  expect(screen.queryByRole('button', { name: /Disagree|I think/ })).toBeNull()
})

it('tells what was amended in figures, and what was not measured again', () => {
  const amendment = {
    segmentation: 's', segment: 1, revision: 3, box: null, dice: 0.912,
    volume_ml: { before: 1.2, after: 1.5 }, diameter_mm: { before: 12, after: 14 },
    not_measured: ['suv_peak'],
    of_the_model: { measurements: [], mask_url: '/api/findings/finding-1/mask' },
  }
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding({ state: 'accepted', review: aWord({ amendment }) })]} review={null} />)
  const card = screen.getByRole('listitem')
  expect(card).toHaveTextContent('Accepted, amended')
  expect(card).toHaveTextContent('Dice 0.91')
  expect(card).toHaveTextContent('Not measured again')
})

it('offers no edit of a mask that is another vendor’s', () => {
  const edits = { begin: done(), of: () => null }
  renderScreen(<FindingsPanel jobs={[]} findings={[aFinding({ external: anExternal() })]} review={aReview()} edits={edits} />)
  expect(screen.getByRole('button', { name: 'Accept: Tumour 1' })).toBeVisible()
  expect(screen.queryByRole('button', { name: /Edit mask/ })).toBeNull()
})
