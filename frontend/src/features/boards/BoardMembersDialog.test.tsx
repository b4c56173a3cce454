import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { BoardMember } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aPerson } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { BoardMembersDialog } from './BoardMembersDialog'

const path = '/api/boards/board-1/members'
const lang = aPerson({ id: 'lang', display_name: 'Dr Lang', discipline: 'surgery' })
const seats: BoardMember[] = [
  { id: 'seat-1', user: aPerson(), role: 'coordinator', created_at: '2026-11-01T10:00:00Z' },
  { id: 'seat-2', user: lang, role: 'core', created_at: '2026-11-01T10:00:00Z' },
]

function open(my_role: string | null, answers: Parameters<typeof fakeServer>[0] = {}) {
  const server = fakeServer({
    [`GET ${path}`]: { body: seats },
    'GET /api/me': { body: { id: 'demir', display_name: 'Dr Demir', system_roles: [] } },
    'GET /api/people': { body: { results: [aPerson(), lang, aPerson({ id: 'new', display_name: 'Dr New' })] } },
    ...answers,
  })
  const onClose = vi.fn()
  return { server, onClose, ...renderScreen(<BoardMembersDialog board={{ id: 'board-1', name: 'Thoracic', my_role }} onClose={onClose} />) }
}
const sent = async (server: ReturnType<typeof fakeServer>, method: string) => {
  const request = server.requests.find((one) => one.method === method)
  return request && { path: new URL(request.url).pathname, body: (await request.clone().json().catch(() => null)) as unknown }
}
const choose = async (field: HTMLElement, name: string) => {
  await userEvent.click(field)
  await userEvent.click(await screen.findByRole('option', { name }))
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('shows members with discipline and role to whoever only looks, and no way to change them', async () => {
  open('core')
  const list = await screen.findByRole('list', { name: 'Members of Thoracic' })
  expect(await within(list).findByText('Dr Lang')).toBeVisible()
  expect(list).toHaveTextContent('Surgery · Sample HospitalCore member')
  expect(screen.queryByRole('combobox')).toBeNull()
  expect(screen.queryByRole('button', { name: /Remove|Add/ })).toBeNull()
  expect(await accessibilityFaults(document.body)).toEqual([])
})

it('changes a role at once and adds whoever does not sit there yet', async () => {
  const { server } = open('coordinator', { [`PATCH ${path}/seat-2`]: { body: seats[1] }, [`POST ${path}`]: { status: 201, body: seats[1] } })
  await choose(await screen.findByRole('combobox', { name: 'Role of Dr Lang' }), 'Chair')
  expect(await sent(server, 'PATCH')).toEqual({ path: `${path}/seat-2`, body: { role: 'chair' } })
  const add = screen.getByRole('button', { name: 'Add' })
  expect(add).toBeDisabled()
  await userEvent.click(screen.getByRole('combobox', { name: 'Person' }))
  expect(screen.queryByRole('option', { name: /Dr Lang/ })).toBeNull()
  await userEvent.click(await screen.findByRole('option', { name: /Dr New/ }))
  await userEvent.click(add)
  expect(await sent(server, 'POST')).toEqual({ path, body: { user: 'new', role: 'core' } })
  expect(await accessibilityFaults(document.body)).toEqual([])
})

it('asks before it takes a seat away, and keeps the keyboard where it was', async () => {
  const { server } = open('chair', { [`DELETE ${path}/seat-2`]: { status: 204 } })
  const remove = await screen.findByRole('button', { name: 'Remove Dr Lang from the board' })
  await userEvent.click(remove)
  expect(screen.getByRole('group', { name: /closes within seconds/ })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(remove).toHaveFocus()
  expect(await sent(server, 'DELETE')).toBeUndefined()
  await userEvent.click(remove)
  await userEvent.click(screen.getByRole('button', { name: 'Remove' }))
  expect((await sent(server, 'DELETE'))?.path).toBe(`${path}/seat-2`)
})

it('asks before one gives up one’s own say, and tells why the server refuses', async () => {
  const { server } = open('coordinator', { [`PATCH ${path}/seat-1`]: { status: 409, body: { code: 'last_runner', title: 'Conflict' } } })
  await choose(await screen.findByRole('combobox', { name: 'Role of Dr Demir' }), 'Observer')
  expect(await sent(server, 'PATCH')).toBeUndefined()
  await userEvent.click(screen.getByRole('button', { name: 'Change my role' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Make somebody else chair or coordinator first.')
  expect(screen.getByRole('combobox', { name: 'Role of Dr Demir' })).toHaveValue('Coordinator')
})
