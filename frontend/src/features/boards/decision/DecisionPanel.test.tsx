import { fireEvent, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it, vi } from 'vitest'

import { type DecisionDraft, emptyDraft } from '@/api/boards'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'

import { DecisionPanel } from './DecisionPanel'

const people = [
  { id: 'chair', display_name: 'Dr Wold', discipline: 'medical_oncology' },
  { id: 'surgeon', display_name: 'Dr Krol', discipline: 'surgery' },
]

interface HarnessProps {
  initial?: DecisionDraft
  saved?: boolean
  onSave?: (draft: DecisionDraft) => void
  onSign?: (() => Promise<void>) | null
}

function Harness({ initial = emptyDraft(), saved = false, onSave = vi.fn(), onSign = null }: HarnessProps) {
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
      onSign={onSign}
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
  recommendations: [{ text: 'Lobectomy', intent: 'curative', responsible: 'surgeon', due: null }],
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

it('asks before it signs, and signs only what is saved', async () => {
  const onSign = vi.fn().mockResolvedValue(undefined)
  renderScreen(<Harness initial={complete} saved onSign={onSign} />)
  fill(screen.getByLabelText('Conditions'), 'x')
  expect(screen.getByRole('button', { name: 'Sign' })).toBeDisabled()
})

it('signs after the question', async () => {
  const onSign = vi.fn().mockResolvedValue(undefined)
  renderScreen(<Harness initial={complete} saved onSign={onSign} />)
  await userEvent.click(screen.getByRole('button', { name: 'Sign' }))
  expect(onSign).not.toHaveBeenCalled()
  const dialog = await screen.findByRole('dialog')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Sign' }))
  expect(onSign).toHaveBeenCalledOnce()
})

it('tells whoever may not sign that the chair does', () => {
  renderScreen(<Harness initial={complete} saved />)
  expect(screen.queryByRole('button', { name: 'Sign' })).toBeNull()
  expect(screen.getByText('The chair signs.')).toBeVisible()
})
