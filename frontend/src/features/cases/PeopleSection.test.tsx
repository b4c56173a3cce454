import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { CaseMember } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCaseDetail, aPerson } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { participantsOf } from './members'
import { PeopleSection } from './PeopleSection'

const lang = aPerson({ id: 'lang', display_name: 'Dr Lang', discipline: 'surgery' })

const aGrant = (part: Partial<CaseMember> = {}): CaseMember => ({
  id: 'grant-1',
  user: aPerson(),
  guise: 'identified',
  capacity: 'member',
  source: 'board',
  expires_at: null,
  created_at: '2026-11-01T10:00:00Z',
  ...part,
})
const asConsultant = aGrant({ id: 'grant-2', guise: 'deidentified', capacity: 'consultant', source: 'consult', expires_at: '2026-12-03T22:59:59Z' })

function open(grants: CaseMember[], can: ('view_identified' | 'manage_members')[] = ['view_identified', 'manage_members']) {
  const server = fakeServer({
    'GET /api/cases/case-1/members': { body: grants },
    'DELETE /api/cases/case-1/members/grant-2': { status: 204 },
  })
  return { server, ...renderScreen(<PeopleSection entry={aCaseDetail({ can })} />) }
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('puts each person once, with the later end', () => {
  const sooner = aGrant({ id: 'grant-3', user: lang, expires_at: '2026-11-25T00:00:00Z' })
  const later = aGrant({ id: 'grant-4', user: lang, expires_at: '2026-12-01T00:00:00Z' })
  const [first, second] = participantsOf([aGrant(), later, asConsultant, sooner])
  expect([first?.user.id, first?.grants.length, first?.until]).toEqual(['demir', 2, null])
  expect([second?.user.id, second?.grants.length, second?.until]).toEqual(['lang', 2, '2026-12-01T00:00:00Z'])
  expect(participantsOf([])).toEqual([])
})

it('says every capacity, guise and end of somebody who has two grants', async () => {
  const { container } = open([aGrant(), asConsultant, aGrant({ id: 'grant-5', user: lang, capacity: 'chair' })])
  expect(await screen.findAllByText('Dr Demir')).toHaveLength(1)
  const ways = screen.getByRole('list', { name: 'How Dr Demir may see this case' })
  const [board, consult] = within(ways).getAllByRole('listitem')
  expect(board).toHaveTextContent('Board member · Through the board')
  expect(consult).toHaveTextContent(/Remote consultant · Second opinion · until (3 Dec|Dec 3,) 2026.*De-identified/)
  expect(screen.getByText(/2 ways in · without an end date/)).toBeVisible()
  expect(screen.getByText('Surgery · Chair · Through the board')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('revokes one grant and says which one stays', async () => {
  const { server } = open([aGrant(), asConsultant])
  await userEvent.click(await screen.findByRole('button', { name: /Revoke Dr Demir’s access as Remote consultant/ }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('They still see the case as Board member · Through the board.')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Revoke access' }))
  expect(server.requests.some(({ method, url }) => method === 'DELETE' && url.endsWith('/members/grant-2'))).toBe(true)
})

it('lets nobody revoke who may not manage members', async () => {
  open([aGrant(), asConsultant], ['view_identified'])
  await screen.findByText('Dr Demir')
  expect(screen.queryByRole('button', { name: /Revoke/ })).toBeNull()
})
