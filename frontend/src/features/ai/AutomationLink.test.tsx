import { screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'

import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { AutomationLink } from './AutomationLink'

afterEach(() => vi.unstubAllGlobals())

it.each([
  { roles: ['ai_admin'], role: null, shown: true },
  { roles: [], role: 'chair', shown: true },
  { roles: [], role: 'coordinator', shown: false },
])('is there for AI administration and chairs: $roles, $role', async ({ roles, role, shown }) => {
  const server = fakeServer({
    'GET /api/me': { body: { id: 'u', display_name: 'A', discipline: 'surgery', system_roles: roles } },
    'GET /api/boards': { body: { next: null, previous: null, results: [{ id: 'b', name: 'B', my_role: role }] } },
  })
  renderScreen(<AutomationLink />)
  await waitFor(() => expect(server.requests).toHaveLength(2))
  if (shown) expect(await screen.findByRole('link')).toHaveAttribute('href', '/automation')
  else {
    await new Promise((done) => setTimeout(done, 30))
    expect(screen.queryByRole('link')).toBeNull()
  }
})
