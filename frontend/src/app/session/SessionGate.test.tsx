import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router-dom'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import '@/locales/i18n'

import { http } from '@/api/http'
import { makeQueryClient } from '@/api/queryClient'
import { fakeServer } from '@/app/testing/server'

import { SessionGate } from './SessionGate'

const me = { id: 'u1', email: 'a@b.test', display_name: 'Dr A', discipline: 'surgery', institution: null, is_trainee: false, system_roles: [], totp_enabled: false }
const signedOut = { status: 401, body: { code: 'not_signed_in' } }

function SignInPage() {
  return <p>{`sign-in ${useLocation().search}`}</p>
}
function Page() {
  return (
    <>
      <input aria-label="half-written note" />
      <button type="button" onClick={() => void http.post('/api/anything').catch(() => undefined)}>
        save
      </button>
    </>
  )
}

function open() {
  const router = createMemoryRouter(
    [
      { path: '/sign-in', Component: SignInPage },
      { Component: SessionGate, children: [{ path: '/worklist', Component: Page }, { path: '/', element: <p>home</p> }] },
    ],
    { initialEntries: ['/worklist?status=ready'] },
  )
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={makeQueryClient()}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  return router
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('sends a stranger to sign in, and remembers where they wanted to go', async () => {
  fakeServer({ 'GET /api/me': signedOut })
  open()
  expect(await screen.findByText('sign-in ?next=%2Fworklist%3Fstatus%3Dready')).toBeVisible()
})

it('keeps the page and what was typed when the session ends under somebody’s hands', async () => {
  let isSignedIn = true
  fakeServer({
    'GET /api/me': () => (isSignedIn ? { body: me } : signedOut),
    'POST /api/anything': () => (isSignedIn ? { body: {} } : signedOut),
    'POST /_allauth/browser/v1/auth/login': () => ((isSignedIn = true), { body: { status: 200 } }),
  })
  open()
  await userEvent.type(await screen.findByLabelText('half-written note'), 'do not lose me')
  isSignedIn = false
  await userEvent.click(screen.getByRole('button', { name: 'save' }))
  const dialog = await screen.findByRole('dialog', { name: 'You were signed out' })
  expect(dialog).toBeVisible()
  expect(screen.getByLabelText('E-mail address')).toHaveValue('a@b.test')
  await userEvent.type(screen.getByLabelText('Password', { exact: true }), 'secret-secret')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(screen.getByLabelText('half-written note')).toHaveValue('do not lose me')
})

it('shows nothing of one person’s page to the next', async () => {
  let current = me
  let isSignedIn = true
  fakeServer({
    'GET /api/me': () => (isSignedIn ? { body: current } : signedOut),
    'POST /api/anything': signedOut,
    'POST /_allauth/browser/v1/auth/login': () => {
      isSignedIn = true
      current = { ...me, id: 'u2', email: 'c@d.test' }
      return { body: { status: 200 } }
    },
  })
  const router = open()
  await screen.findByLabelText('half-written note')
  isSignedIn = false
  await userEvent.click(screen.getByRole('button', { name: 'save' }))
  await userEvent.type(await screen.findByLabelText('Password', { exact: true }), 'secret-secret')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  expect(await screen.findByText('home')).toBeVisible()
  expect(router.state.location.pathname).toBe('/')
})

it('says what is wrong when the server cannot be reached', async () => {
  vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('down')))
  open()
  expect(await screen.findByRole('alert', {}, { timeout: 15_000 })).toHaveTextContent('The server cannot be reached')
})
