import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { anAiUrgency } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { AiUrgencyChip, AiUrgencyLine } from './AiUrgency'

const WHY = 'Critical: Pneumothorax (left lung). Probability 0.87, threshold 0.50. Chest triage 2.1.'

it('says score, whose word it is, reason and model', () => {
  renderScreen(<AiUrgencyChip urgency={anAiUrgency()} />)
  expect(screen.getByText(/AI, unreviewed: Critical 91/)).toHaveTextContent(WHY)
})

it('says that a person accepted it, and that it was made quiet', () => {
  renderScreen(<AiUrgencyChip urgency={anAiUrgency({ is_accepted: true, tier: 'passive', is_demoted: true })} />)
  expect(screen.getByText(/AI, accepted: Critical 91/)).toHaveTextContent('flagged more than its budget allows')
})

it('draws nothing where there is nothing to say', () => {
  renderScreen(
    <p data-testid="place">
      <AiUrgencyChip urgency={null} />
      <AiUrgencyLine urgency={null} />
    </p>,
  )
  expect(screen.getByTestId('place')).toBeEmptyDOMElement()
})
