import { fireEvent, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it, vi } from 'vitest'

import { type DecisionDraft, emptyDraft, emptyRecommendation } from '@/api/boards'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { DecisionPanel } from './DecisionPanel'

const people = [
  { id: 'chair', display_name: 'Dr Wold', discipline: 'medical_oncology' },
  { id: 'surgeon', display_name: 'Dr Krol', discipline: 'surgery' },
]

interface HarnessProps {
  initial?: DecisionDraft
  saved?: boolean
  onSave?: (draft: DecisionDraft) => void
  onSigned?: (() => void) | null
}

function Harness({ initial = emptyDraft(), saved = false, onSave = vi.fn(), onSigned = null }: HarnessProps) {
  const [draft, setDraft] = useState(initial)
  const [isDirty, setDirty] = useState(false)
  return (
    <DecisionPanel
      draft={draft}
      people={people}
      onChange={(next) => {
        setDraft(next)
        setDirty(true)
      }}
      onSave={() => onSave(draft)}
      signing={onSigned && { id: 'decision-1', onSigned }}
      savedAt={saved ? '2026-11-22T10:00:00Z' : null}
      isDirty={isDirty}
      isSaving={false}
    />
  )
}

/** Typing letter by letter redraws the form forty times and shows nothing more. */
const fill = (field: HTMLElement, value: string) => fireEvent.change(field, { target: { value } })

const complete: DecisionDraft = {
  ...emptyDraft(),
  recommendations: [emptyRecommendation({ text: 'Lobectomy', intent: 'curative', responsible: 'surgeon', due: null })],
  consensus: 'consensus',
}

it('records a recommendation with one dissent by name', async () => {
  const onSave = vi.fn()
  const { container } = renderScreen(<Harness onSave={onSave} />)
  const save = screen.getByRole('button', { name: 'Save the draft' })
  fill(screen.getByLabelText('Recommendation 1'), 'Lobectomy')
  expect(save).toBeDisabled()
  expect(screen.getByText('Say how the board decided.')).toBeVisible()
  await userEvent.click(screen.getByRole('radio', { name: 'Majority, with dissent' }))
  await userEvent.click(screen.getByRole('combobox', { name: 'Record a position' }))
  await userEvent.click(await screen.findByRole('option', { name: /Dr Krol/ }))
  await userEvent.click(within(screen.getByRole('radiogroup', { name: 'Position of Dr Krol' })).getByRole('radio', { name: 'Dissents' }))
  expect(save).toBeDisabled()
  fill(screen.getByLabelText('Statement of Dr Krol'), 'N2 is not excluded.')
  expect(save).toBeEnabled()
  await userEvent.click(save)
  expect(onSave).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ consensus: 'majority', positions: [{ user: 'surgeon', stance: 'dissent', statement: 'N2 is not excluded.' }] }),
  )
  expect(await accessibilityFaults(container)).toEqual([])
})

it('chooses no consensus for anybody', () => {
  renderScreen(<Harness />)
  expect(screen.getAllByRole('radio').filter((radio) => (radio as HTMLInputElement).checked)).toEqual([])
})

const read = { id: 'decision-1', version: 3, status: 'draft', digest: 'a'.repeat(64), body: '1. Lobectomy', text: '…', quorum: 'missing', quorum_missing: ['pathology'] }

it('signs only what is saved', () => {
  renderScreen(<Harness initial={complete} saved onSigned={vi.fn()} />)
  fill(screen.getByLabelText('Conditions'), 'x')
  expect(screen.getByRole('button', { name: 'Sign' })).toBeDisabled()
})

it('shows the very text, asks who signs, and sends what was read', async () => {
  let proven = false
  const onSigned = vi.fn()
  const { requests } = fakeServer({
    'GET /api/csrf': { body: { csrf_token: 't' } },
    'GET /api/decisions/decision-1/text': { body: read },
    'POST /_allauth/browser/v1/auth/reauthenticate': () => {
      proven = true
      return { body: {} }
    },
    'POST /api/decisions/decision-1/sign': () =>
      proven ? { body: {} } : { status: 403, body: { code: 'sign_in_again', title: 'x', ways: ['password'], details: { ways: ['password'] } } },
  })
  const { container } = renderScreen(<Harness initial={complete} saved onSigned={onSigned} />)
  await userEvent.click(screen.getByRole('button', { name: 'Sign' }))
  const dialog = await screen.findByRole('dialog')
  expect(await within(dialog).findByText('1. Lobectomy')).toBeVisible()
  expect(within(dialog).getByText(/No quorum: it will be provisional/)).toBeVisible()
  await userEvent.click(within(dialog).getByRole('button', { name: 'Sign' }))
  fill(await within(dialog).findByLabelText('Password'), 'secret')
  expect(onSigned).not.toHaveBeenCalled()
  await userEvent.click(within(dialog).getByRole('button', { name: 'Continue' }))
  await vi.waitFor(() => expect(onSigned).toHaveBeenCalledOnce())
  const signed = requests.filter(({ url }) => url.endsWith('/sign')).at(-1)
  expect(signed?.headers.get('If-Match')).toBe('"3"')
  expect(await signed?.json()).toEqual({ digest: read.digest })
  expect(await accessibilityFaults(container)).toEqual([])
})

it('tells whoever may not sign that the chair does', () => {
  renderScreen(<Harness initial={complete} saved />)
  expect(screen.queryByRole('button', { name: 'Sign' })).toBeNull()
  expect(screen.getByText('The chair signs.')).toBeVisible()
})

it('adds, moves and conditions recommendations by keyboard alone', async () => {
  const onSave = vi.fn()
  renderScreen(<Harness initial={complete} onSave={onSave} />)
  const first = screen.getByLabelText('Recommendation 1')
  first.focus()
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  const second = await screen.findByLabelText('Recommendation 2')
  await vi.waitFor(() => expect(second).toHaveFocus())
  fill(second, 'Mediastinoscopy')
  await userEvent.keyboard('{Alt>}{ArrowUp}{/Alt}')
  expect(screen.getByLabelText('Recommendation 1')).toHaveValue('Mediastinoscopy')
  fill(screen.getAllByLabelText('Only if')[1] as HTMLElement, 'node negative')
  await userEvent.click(screen.getByRole('button', { name: 'Save the draft' }))
  const saved = onSave.mock.calls[0]?.[0] as DecisionDraft
  expect(saved.recommendations.map(({ text, condition }) => [text, condition])).toEqual([
    ['Mediastinoscopy', ''],
    ['Lobectomy', 'node negative'],
  ])
})

it('names somebody outside, and refuses a link that is a script', () => {
  renderScreen(<Harness initial={{ ...complete, recommendations: [emptyRecommendation({ text: 'x', evidence: [{ title: 'S3', version: '', grade: '', url: '' }] })] }} />)
  fill(screen.getByLabelText('Link of reference 1 of recommendation 1'), 'javascript:alert(1)')
  expect(screen.getByText('A link begins with http:// or https://')).toBeVisible()
  fill(screen.getByLabelText('Responsible', { selector: 'input' }), 'Nurse Adeyemi')
  expect(screen.getByLabelText('Responsible', { selector: 'input' })).toHaveValue('Nurse Adeyemi')
})
