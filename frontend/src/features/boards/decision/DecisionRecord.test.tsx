import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aDecision, aPerson } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'
import type { Decision } from '@/api/types'

import { DecisionRecord } from './DecisionRecord'

const HOSTILE = '<img src=x onerror="window.hacked=true">'

const signed = (part: Partial<Decision> = {}): Decision =>
  aDecision({
    status: 'signed',
    signed_at: '2026-11-28T13:00:00Z',
    signed_by: aPerson({ display_name: 'Dr Wold' }),
    quorum: 'missing',
    quorum_missing: ['pathology'],
    is_provisional: true,
    recommendations: [
      {
        id: 'r',
        position: 1,
        text: HOSTILE,
        intent: 'curative',
        modality: 'surgery',
        urgency: 'soon',
        responsible: null as never,
        responsible_name: 'Nurse Adeyemi',
        due: null,
        condition: 'node negative',
        fallbacks: ['SBRT'],
        evidence: [
          { title: 'S3', version: '2.1', grade: '1b', url: 'https://example.org/' },
          { title: 'Script', version: '', grade: '', url: 'javascript:alert(1)' },
        ],
      },
    ],
    ...part,
  })

it('says everything that was decided, takes nothing for markup and follows no script', async () => {
  fakeServer({})
  const { container } = renderScreen(<DecisionRecord decision={signed()} />)
  expect(screen.getByText('Provisional, no quorum: Pathology missing')).toBeVisible()
  expect(screen.getByText('Only if node negative:')).toBeVisible()
  expect(screen.getByText(HOSTILE)).toBeVisible()
  expect(container.querySelector('img')).toBeNull()
  expect(screen.getByText(/Nurse Adeyemi/)).toBeVisible()
  expect(screen.getByText('otherwise SBRT')).toBeVisible()
  expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['https://example.org/'])
  expect(screen.getByText('Nobody has recorded that the patient was told.')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('offers each act to whoever may do it, and no quorum where it was decided', () => {
  fakeServer({})
  const { unmount } = renderScreen(<DecisionRecord decision={signed()} can={['sign_decision', 'tell_patient']} meetingId="later" />)
  for (const name of ['Copy as text', 'Patient was told', 'Addendum', 'Confirm with this quorum']) {
    expect(screen.getByRole('button', { name })).toBeVisible()
  }
  unmount()
  renderScreen(<DecisionRecord decision={signed()} />)
  expect(screen.getAllByRole('button').map((button) => button.textContent)).toEqual(['Copy as text'])
})

it('shows what came after the signature, by whom', () => {
  fakeServer({})
  const note = { id: 'n', kind: 'confirmed', text: '', reason: '', author: aPerson(), author_name: '', how: '', meeting: 'm', happened_at: '2026-12-05T13:00:00Z', recorded_by: aPerson(), created_at: '2026-12-05T13:00:00Z' } as unknown as Decision['notes'][number]
  renderScreen(<DecisionRecord decision={signed({ is_provisional: false, notes: [note] })} />)
  expect(screen.queryByText(/Provisional/)).toBeNull()
  expect(screen.getByText(/Confirmed with quorum by Dr Demir/)).toBeVisible()
})
