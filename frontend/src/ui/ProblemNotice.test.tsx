import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { Problem } from '@/api/problem'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'

import { ProblemNotice } from './ProblemNotice'

it('says what, why, what now and the request number', async () => {
  const problem = new Problem({ status: 409, code: 'stale_version', title: 'Conflict', detail: 'Version 3 is current.', requestId: 'req-42' })
  const { container } = renderScreen(<ProblemNotice problem={problem} />)
  expect(screen.getByRole('alert')).toHaveTextContent('Somebody changed this in the meantime')
  expect(screen.getByRole('alert')).toHaveTextContent('Version 3 is current.')
  expect(screen.getByRole('alert')).toHaveTextContent('Look at the current state')
  expect(screen.getByRole('button', { name: /req-42/ })).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('names the fields that cannot be used', () => {
  const problem = new Problem({ status: 400, code: 'invalid_input', title: 'x', errors: [{ field: 'birth_date', message: 'In the future.' }] })
  renderScreen(<ProblemNotice problem={problem} />)
  expect(screen.getByText('Birth date: In the future.')).toBeVisible()
})

it('retries when asked', async () => {
  const onRetry = vi.fn()
  renderScreen(<ProblemNotice problem={new Problem({ status: 503, code: 'pacs_unavailable', title: 'Away' })} onRetry={onRetry} />)
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }))
  expect(onRetry).toHaveBeenCalledOnce()
})
