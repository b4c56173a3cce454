import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { Problem } from '@/api/problem'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'

import { compareIdentities } from './mismatch'
import { MismatchPanel } from './MismatchPanel'

const mismatch = new Problem({
  status: 409,
  code: 'patient_mismatch',
  title: 'Conflict',
  details: {
    fields: ['patient_id', 'birth_date'],
    case_patient: { issuer: '', patient_id: 'PHX-0002', name: 'Birch^Phantom', birth_date: '1966-04-02', sex: 'F' },
    study_patient: { issuer: '', patient_id: 'PHX-9', name: 'Birch^Phantom', birth_date: '1940-01-01', sex: 'F' },
  },
})

it('marks what the server says differs, and nothing else', () => {
  const rows = compareIdentities(mismatch)
  expect(rows.filter((row) => row.relation === 'contradicts').map((row) => row.field)).toEqual(['patient_id', 'birth_date'])
})

it('never calls two unequal values the same, though the server minds only some', () => {
  const details = { ...mismatch.details, study_patient: { patient_id: 'PHX-9', name: 'Alder^Phantom', birth_date: '1940-01-01', sex: '' } }
  const rows = compareIdentities(new Problem({ status: 409, code: 'patient_mismatch', title: 'x', details }))
  expect(rows.find((row) => row.field === 'name')?.relation).toBe('differs')
  expect(rows.find((row) => row.field === 'sex')?.relation).toBe('unknown')
})

it('points at the issuer when only one hospital names itself', () => {
  const problem = new Problem({ ...mismatch, title: 'x', details: { ...mismatch.details, fields: ['issuer_unconfirmed'], study_patient: { issuer: 'Hospital B', patient_id: 'PHX-0002' } } })
  expect(compareIdentities(problem).filter((row) => row.relation === 'contradicts').map((row) => row.field)).toEqual(['issuer'])
})

it('confirms only with a written reason', async () => {
  const onConfirm = vi.fn()
  const { container } = renderScreen(<MismatchPanel problem={mismatch} mayConfirm busy={false} onConfirm={onConfirm} onBack={vi.fn()} />)
  const confirm = screen.getByRole('button', { name: /Confirm/ })
  expect(confirm).toBeDisabled()
  await userEvent.type(screen.getByLabelText(/Why is it the same patient/), 'too short')
  expect(confirm).toBeDisabled()
  await userEvent.type(screen.getByLabelText(/Why is it the same patient/), ': ID changed at the merger')
  await userEvent.click(confirm)
  expect(onConfirm).toHaveBeenCalledExactlyOnceWith('too short: ID changed at the merger')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('offers nothing to confirm to whoever is no coordinator', () => {
  renderScreen(<MismatchPanel problem={mismatch} mayConfirm={false} busy={false} onConfirm={vi.fn()} onBack={vi.fn()} />)
  expect(screen.queryByRole('button', { name: /Confirm/ })).toBeNull()
  expect(screen.getByText(/Only a coordinator/)).toBeVisible()
})
