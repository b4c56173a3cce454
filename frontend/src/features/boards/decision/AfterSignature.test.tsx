import { fireEvent, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aDecision } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { AfterSignature } from './AfterSignature'

const decision = aDecision({ status: 'signed', signed_at: '2026-11-28T13:00:00Z' })
const CSRF = { 'GET /api/csrf': { body: { csrf_token: 't' } } }
const fill = (field: HTMLElement, value: string) => fireEvent.change(field, { target: { value } })

it('sends an addendum under one id, however often it is tried', async () => {
  let tries = 0
  const { requests } = fakeServer({
    ...CSRF,
    'POST /api/decisions/decision-1/addenda': () => (++tries === 1 ? { status: 503, body: { code: 'unavailable', title: 'x' } } : { status: 201, body: {} }),
  })
  renderScreen(<AfterSignature decision={decision} can={['sign_decision']} people={[]} meetingId={null} />)
  await userEvent.click(screen.getByRole('button', { name: 'Addendum' }))
  const dialog = await screen.findByRole('dialog')
  const sign = within(dialog).getByRole('button', { name: 'Sign the addendum' })
  fill(within(dialog).getByLabelText('What is added or corrected'), 'Segment VII.')
  expect(sign).toBeDisabled()
  fill(within(dialog).getByLabelText('Why'), 'Typing error')
  expect(await accessibilityFaults(dialog)).toEqual([])
  await userEvent.click(sign)
  await within(dialog).findByRole('alert')
  await userEvent.click(sign)
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  const bodies = await Promise.all(requests.filter(({ method }) => method === 'POST').map((one) => one.json() as Promise<{ id: string; text: string }>))
  expect(bodies.map(({ text }) => text)).toEqual(['Segment VII.', 'Segment VII.'])
  expect(new Set(bodies.map(({ id }) => id)).size).toBe(1)
})

it('records who told the patient: somebody of the case or a name, never both', async () => {
  const { requests } = fakeServer({ ...CSRF, 'POST /api/decisions/decision-1/told': { status: 201, body: {} } })
  renderScreen(<AfterSignature decision={decision} can={['tell_patient']} people={[]} meetingId={null} />)
  expect(screen.queryByRole('button', { name: 'Addendum' })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Patient was told' }))
  const dialog = await screen.findByRole('dialog')
  const save = within(dialog).getByRole('button', { name: 'Record it' })
  expect(save).toBeDisabled()
  fill(within(dialog).getByLabelText('Name or role'), 'Nurse Adeyemi')
  await userEvent.click(save)
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  const sent = (await requests.find(({ method }) => method === 'POST')?.json()) as Record<string, unknown>
  expect(sent).toMatchObject({ told_by: null, told_by_name: 'Nurse Adeyemi' })
  expect(String(sent.told_at)).toMatch(/Z$/)
})

it('copies the text as the server writes it', async () => {
  fakeServer({ 'GET /api/decisions/decision-1/text': { body: { text: 'TUMOR BOARD DECISION\n' } } })
  renderScreen(<AfterSignature decision={decision} can={[]} people={[]} meetingId={null} />)
  const user = userEvent.setup()
  await user.click(screen.getByRole('button', { name: 'Copy as text' }))
  expect(await screen.findByRole('button', { name: 'Copied' })).toBeVisible()
  expect(await navigator.clipboard.readText()).toBe('TUMOR BOARD DECISION\n')
})
