import { fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it } from 'vitest'

import { aDecision } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'
import { emptyRecommendation } from '@/api/boards'
import type { Decision } from '@/api/types'

import { DecisionPanelConnected } from './DecisionPanelConnected'

const saying = (version: number, text: string, part: Partial<Decision> = {}): Decision =>
  aDecision({
    version,
    recommendations: [{ ...emptyRecommendation({ text }), id: 'r', position: 1, responsible: null }] as unknown as Decision['recommendations'],
    ...part,
  })

function Harness({ next }: { next: Decision }) {
  const [decision, setDecision] = useState(saying(3, 'Lobectomy'))
  return (
    <>
      <button type="button" onClick={() => setDecision(next)}>
        They save
      </button>
      <DecisionPanelConnected caseId="case-1" decision={decision} meetingId={null} people={[]} maySign={false} />
    </>
  )
}

const fill = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
const theySave = () => userEvent.click(screen.getByRole('button', { name: 'They save' }))

it('takes what somebody else saved into a form that is being written', async () => {
  const { requests } = fakeServer({
    'GET /api/csrf': { body: { csrf_token: 't' } },
    'PATCH /api/decisions/decision-1': { body: saying(5, 'Lobectomy') },
  })
  renderScreen(<Harness next={saying(4, 'Lobectomy', { summary: 'Theirs' })} />)
  fill('Conditions', 'Mine')
  await theySave()
  expect(screen.getByLabelText('Summary of the discussion')).toHaveValue('Theirs')
  await userEvent.click(screen.getByRole('button', { name: 'Save the draft' }))
  const sent = requests.find(({ method }) => method === 'PATCH')
  expect(sent?.headers.get('If-Match')).toBe('"4"')
  expect(await sent?.json()).toMatchObject({ summary: 'Theirs', conditions: 'Mine' })
})

it('keeps nothing before a conflict is settled, and loses neither word', async () => {
  fakeServer({})
  renderScreen(<Harness next={saying(4, 'SBRT')} />)
  fill('Recommendation 1', 'Segmentectomy')
  await theySave()
  expect(screen.getByRole('alert', { name: /Somebody else changed this/ })).toHaveTextContent('SBRT')
  expect(screen.getByLabelText('Recommendation 1')).toHaveValue('Segmentectomy')
  expect(screen.getByRole('button', { name: 'Save the draft' })).toBeDisabled()
  await userEvent.click(screen.getByRole('button', { name: 'Take theirs: Recommendation 1, text' }))
  expect(screen.getByLabelText('Recommendation 1')).toHaveValue('SBRT')
  expect(screen.getByRole('button', { name: 'Save the draft' })).toBeEnabled()
})
