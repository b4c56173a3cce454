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

it('says where a job waits, when it should begin, and why it stands there', () => {
  const waits = (part: Partial<Parameters<typeof aJob>[0]>) => aJob({ state: 'queued', queue_position: 2, queue_reason: 'turn', ...part })
  const { container } = renderScreen(
    <>
      <JobRow job={waits({ id: 'a', starts_in_s: 0.4 })} mayAct={false} />
      <JobRow job={waits({ id: 'b', starts_in_s: 42, queue_reason: 'meeting' })} mayAct={false} />
      <JobRow job={waits({ id: 'c', starts_in_s: 200, queue_reason: 'urgent' })} mayAct={false} />
      <JobRow job={waits({ id: 'd', starts_in_s: null })} mayAct={false} />
      <JobRow job={waits({ id: 'e', queue_position: null })} mayAct={false} />
    </>,
  )
  const text = (id: string) => container.querySelector(`[data-job="${id}"]`)?.textContent
  expect(text('a')).toContain('Place 2 in the queue · starts in a moment')
  expect(text('b')).toContain('starts in about 45 s · put forward for its meeting')
  expect(text('c')).toContain('starts in about 4 min · urgent')
  expect(text('d')).toContain('no estimate yet')
  expect(text('e')).toContain('Waiting')
})

it('offers cancel while it runs and retry once it failed', () => {
  const { rerender } = renderScreen(<JobRow job={aJob({ state: 'running', progress: 0.4, stage: 'inference' })} mayAct />)
  expect(screen.getByRole('button', { name: /Cancel/ })).toBeVisible()
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40')
  rerender(<></>)
  renderScreen(<JobRow job={aJob({ state: 'failed', reason: { code: 'timeout', message: 'Took too long.' } })} mayAct />)
  expect(screen.getByRole('button', { name: /Retry/ })).toBeVisible()
})
