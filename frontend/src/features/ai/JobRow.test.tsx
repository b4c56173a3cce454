import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import type { JobState } from '@/api/types'
import { aJob } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { JobRow } from './JobRow'

it('gives the four endings four different words', () => {
  const endings: JobState[] = ['findings', 'no_findings', 'out_of_scope', 'failed']
  const { container } = renderScreen(
    <>
      {endings.map((state) => (
        <JobRow key={state} job={aJob({ id: state, state })} mayAct={false} />
      ))}
    </>,
  )
  const words = endings.map((state) => container.querySelector(`[data-state="${state}"]`)?.textContent)
  const known = ['Findings', 'No findings', 'Out of scope', 'Failed']
  // What follows is how long ago: that changes with the day the test runs.
  expect(words.map((word) => known.find((one) => word?.startsWith(`Phantom tumour 1.0.0${one}`)))).toEqual(known)
})

it('says why a model did not run', () => {
  renderScreen(<JobRow job={aJob({ state: 'out_of_scope', reason: { code: 'phantom_only', message: 'Trained on phantoms only.' } })} mayAct />)
  expect(screen.getByText('Trained on phantoms only.')).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
})

it('offers cancel while it runs and retry once it failed', () => {
  const { rerender } = renderScreen(<JobRow job={aJob({ state: 'running', progress: 0.4, stage: 'inference' })} mayAct />)
  expect(screen.getByRole('button', { name: /Cancel/ })).toBeVisible()
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40')
  rerender(<></>)
  renderScreen(<JobRow job={aJob({ state: 'failed', reason: { code: 'timeout', message: 'Took too long.' } })} mayAct />)
  expect(screen.getByRole('button', { name: /Retry/ })).toBeVisible()
})
