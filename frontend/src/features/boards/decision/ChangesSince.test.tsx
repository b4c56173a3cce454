import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { ChangesSince } from './ChangesSince'

const since = { id: 'd', signed_at: '2026-11-01T13:00:00Z', meeting: null }
const nothing = { since, studies: [], findings: [], ai_hidden: false, facts: [], facts_known: true, notes: [] }
const told = (body: object) => fakeServer({ 'GET /api/decisions/changes?case=case-1': { body } })

it('tells each thing that is new, word for word', async () => {
  told({
    ...nothing,
    studies: [{ study_instance_uid: '1.2', description: '<b>CT chest</b>', modalities: ['CT'], study_date: '2026-11-20', linked_at: '2026-11-20T10:00:00Z' }],
    findings: [{ finding: 'f', label: 'Nodule 1', decision: 'accepted', reviewer: 'Dr Demir', at: '2026-11-21T10:00:00Z' }],
    facts: [{ field: 'stage', before: '', now: 'cT2 cN1 cM0' }],
  })
  const { container } = renderScreen(<ChangesSince caseId="case-1" />)
  expect(await screen.findByText(/3 changes/)).toBeVisible()
  expect(screen.getByText(/New images: CT <b>CT chest<\/b>/)).toBeVisible()
  expect(screen.getByText(/Nodule 1, Accepted by Dr Demir/)).toBeVisible()
  expect(screen.getByText('Stage: was –, is cT2 cN1 cM0')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('never lets what is hidden or not known look like nothing new', async () => {
  told({ ...nothing, ai_hidden: true, facts_known: false })
  const { container } = renderScreen(<ChangesSince caseId="case-1" />)
  await screen.findByText(/Nothing new since/)
  expect(container).toHaveTextContent('Findings are not told here: the images are read first.')
  expect(container).toHaveTextContent('What the case said then was not kept.')
})

it('says nothing where the board never decided', async () => {
  const { requests } = told({ ...nothing, since: null })
  const { container } = renderScreen(<ChangesSince caseId="case-1" />)
  await expect.poll(() => requests.length).toBe(1)
  expect(container.querySelector('details')).toBeNull()
})
