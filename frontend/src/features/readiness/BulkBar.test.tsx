import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCase } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { BulkBar } from './BulkBar'

const chosen = [aCase({ id: 'a', version: 3 }), aCase({ id: 'b', version: 1 })]

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('defers what is selected by keyboard, and tells what was refused', async () => {
  const server = fakeServer({
    'POST /api/triage': {
      body: {
        results: [
          { case: 'a', move: 'move-a', code: '', message: '' },
          { case: 'b', move: null, code: 'illegal_move', message: 'A case cannot go from ready to deferred.' },
        ],
      },
    },
  })
  const onClear = vi.fn()
  renderScreen(<BulkBar chosen={chosen} onClear={onClear} onBusy={vi.fn()} />)
  expect(screen.getByText('2 cases selected')).toBeVisible()
  expect(await accessibilityFaults(document.body)).toEqual([])
  await userEvent.keyboard('{Shift>}D{/Shift}')
  await userEvent.click(await screen.findByRole('combobox', { name: /Why it is deferred/ }))
  await userEvent.click(await screen.findByRole('option', { name: 'Pathology is pending' }))
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/1 refused: A case cannot go/)).toBeVisible()
  const request = server.requests.find((one) => one.method === 'POST')
  expect(await request?.clone().json()).toEqual({
    to: 'deferred',
    reason_code: 'pathology_pending',
    reason: '',
    cases: [
      { id: 'a', version: 3 },
      { id: 'b', version: 1 },
    ],
  })
  await waitFor(() => expect(onClear).toHaveBeenCalled())
})

it('is not there while nothing is selected', () => {
  fakeServer({})
  renderScreen(<BulkBar chosen={[]} onClear={vi.fn()} onBusy={vi.fn()} />)
  expect(screen.queryByRole('group')).toBeNull()
})
