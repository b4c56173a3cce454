import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Route, Routes } from 'react-router-dom'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { IntakeList } from '@/api/intake'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import IntakeRoute from './IntakeRoute'
import { aList, aRow } from './testing'

const MEETING = { id: 'meeting-1', version: 1, board: { id: 'board-1', name: 'Thoracic board' }, starts_at: '2099-01-12T06:30:00Z', ends_at: '2099-01-12T07:30:00Z', room: 'Room 2', status: 'planned' }

function open(path: string, list: IntakeList = aList(), more: Parameters<typeof fakeServer>[0] = {}) {
  const server = fakeServer({
    'GET /api/boards': { body: { results: [{ id: 'board-1', name: 'Thoracic board', my_role: 'coordinator' }] } },
    'GET /api/intake-lists?limit=10': { body: { results: [{ ...list }] } },
    [`GET /api/intake-lists/${list.id}`]: { body: list },
    [`GET /api/intake-lists/${list.id}/progress`]: { body: { version: 2, state: list.state, search_state: list.search_state, searched: list.searched, counts: list.counts } },
    'GET /api/meetings?board=board-1': { body: { results: [MEETING] } },
    'POST /api/intake-lists': { status: 201, body: list },
    [`POST /api/intake-lists/${list.id}/confirm`]: { status: 202, body: { ...list, state: 'placed', meeting: 'meeting-1' } },
    [`PATCH /api/intake-lists/${list.id}`]: { body: list },
    [`PATCH /api/intake-lists/${list.id}/rows/1`]: { body: list },
    ...more,
  })
  const ui = (
    <Routes>
      <Route path="/intake" element={<IntakeRoute />} />
      <Route path="/intake/:listId" element={<IntakeRoute />} />
    </Routes>
  )
  return { server, ...renderScreen(ui, { path }) }
}

const sent = async (server: { requests: Request[] }, method: string) => {
  const request = await waitFor(() => {
    const found = server.requests.find((one) => one.method === method)
    expect(found).toBeDefined()
    return found as Request
  })
  return (await request.json()) as Record<string, unknown>
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('a pasted table is read and shown', async () => {
  const { server, container } = open('/intake')
  const paste = await screen.findByLabelText('Paste the table')
  expect(await screen.findByRole('link', { name: 'board.csv' })).toHaveAttribute('href', '/intake/list-1')
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.click(paste)
  await userEvent.paste('MRN\tName\n4711\tDoe, Jane')
  await userEvent.click(screen.getByRole('button', { name: 'Read the list' }))
  expect(await sent(server, 'POST')).toEqual({ board: 'board-1', text: 'MRN\tName\n4711\tDoe, Jane' })
  expect(await screen.findByRole('heading', { name: 'List for Thoracic board' })).toBeInTheDocument()
})

it('says why a list cannot be read, and what to do', async () => {
  open('/intake', aList(), { 'POST /api/intake-lists': { status: 400, body: { type: 'x', title: 'Invalid', status: 400, code: 'old_excel', detail: 'This is an XLS file.', errors: {}, request_id: 'r' } } })
  await userEvent.type(await screen.findByLabelText('Paste the table'), 'x')
  await userEvent.click(screen.getByRole('button', { name: 'Read the list' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Save as')
})

it('whoever runs no board is told who does', async () => {
  open('/intake', aList(), { 'GET /api/boards': { body: { results: [{ id: 'b', name: 'B', my_role: 'core' }] } } })
  expect(await screen.findByText('You run no board')).toBeInTheDocument()
})

it('one action puts what is ready on the chosen meeting', async () => {
  const { server, container } = open('/intake/list-1')
  const button = await screen.findByRole('button', { name: 'Put 1 case on the agenda' })
  await waitFor(() => expect(button).toBeEnabled())
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.click(button)
  expect(await sent(server, 'POST')).toEqual({ meeting: 'meeting-1' })
  expect(await screen.findByRole('link', { name: 'Open the agenda' })).toHaveAttribute('href', '/meetings/meeting-1')
})

it('a wrong row is mended in its place, by keyboard alone', async () => {
  const row = aRow({ state: 'error', errors: [{ field: 'birth_date', code: 'date_invalid' }], studies: [], chosen_studies: [], studies_state: 'waiting' })
  const { server, container } = open('/intake/list-1', aList({ rows: [row] }))
  expect(await screen.findByText('Birth date: no such date')).toBeInTheDocument()
  await userEvent.keyboard('n')
  const field = await screen.findByRole('textbox', { name: 'Birth date' })
  expect(field).toHaveFocus()
  expect(field).toHaveValue('04.05.1961')
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.clear(field)
  await userEvent.type(field, '1961-05-04{Enter}')
  expect(await sent(server, 'PATCH')).toEqual({ corrections: { birth_date: '1961-05-04' } })
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Birth date' })).toBeNull())
})

it('an open case is a choice, and another patient’s study cannot be ticked', async () => {
  const mine = aRow().studies
  const theirs = mine.map((one) => ({ ...one, study_instance_uid: '1.2.9', description: 'CT of somebody else', contradicts: ['birth_date'], reasons: ['patient_id'] }))
  const row = aRow({ state: 'choice', open_cases: [{ id: 'case-9', title: 'Nodule', status: 'ready', on_board: true }], studies: [...mine, ...theirs] })
  const { server } = open('/intake/list-1', aList({ rows: [row] }))
  await userEvent.click(await screen.findByRole('button', { name: 'Edit row 1' }))
  const form = screen.getByRole('form', { name: 'Edit row 1' })
  expect(within(form).getByRole('checkbox', { name: /CT of somebody else/ })).toBeDisabled()
  await userEvent.click(within(form).getByRole('radio', { name: /The open case “Nodule”/ }))
  await userEvent.click(within(form).getByRole('checkbox', { name: /CT thorax/ }))
  await userEvent.click(within(form).getByRole('button', { name: 'Keep' }))
  expect(await sent(server, 'PATCH')).toEqual({ choice: 'link', case: 'case-9', studies: [] })
})

it('dates of two readings are decided for the whole column', async () => {
  const rows = [aRow({ cells: ['1', 'Doe', '03/04/1961', 'w', '?'] })]
  const { server } = open('/intake/list-1', aList({ rows, undecided: ['birth_date'] }))
  expect(await screen.findByText('Birth date: how is 03/04/1961 read?')).toBeInTheDocument()
  await userEvent.click(screen.getByRole('radio', { name: 'Day first' }))
  expect(await sent(server, 'PATCH')).toEqual({ date_orders: { birth_date: 'dmy' } })
})

it('tells which rows keep a list from being undone', async () => {
  const list = aList({ state: 'placed', meeting: 'meeting-1', rows: [aRow({ state: 'placed', case: 'case-1' })] })
  open('/intake/list-1', list, {
    'POST /api/intake-lists/list-1/undo': { status: 409, body: { type: 'x', title: 'Conflict', status: 409, code: 'cases_changed', detail: 'Something happened.', errors: {}, details: { rows: [{ row: 3, codes: ['case_edited'] }] }, request_id: 'r' } },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Undo the list' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Take it back' }))
  expect(await screen.findByText(/cases of rows 3/)).toBeInTheDocument()
})
