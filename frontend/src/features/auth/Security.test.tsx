import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import SecurityRoute from './SecurityRoute'
import { SignInForm } from './SignInForm'

const ALLAUTH = '/_allauth/browser/v1'
const TOTP = `${ALLAUTH}/account/authenticators/totp`
const RECOVERY = `${ALLAUTH}/account/authenticators/recovery-codes`
const codes = Array.from({ length: 10 }, (_one, index) => `1234567${index}`)
const on = (left = 10) => [
  { type: 'totp', created_at: 1_763_800_000, last_used_at: null },
  { type: 'recovery_codes', created_at: 1_763_800_000, last_used_at: null, total_code_count: 10, unused_code_count: left },
]
const refused = (code: string) => ({ status: 400, body: { status: 400, errors: [{ code, message: 'no' }] } })

function open(factors: unknown[], answers: Parameters<typeof fakeServer>[0] = {}) {
  const told = { factors }
  const server = fakeServer({
    'GET /api/me': { body: { id: 'u', email: 'demir@hospital.example', display_name: 'Dr Demir', system_roles: [] } },
    [`GET ${ALLAUTH}/account/authenticators`]: () => ({ body: { status: 200, data: told.factors } }),
    [`POST ${ALLAUTH}/auth/reauthenticate`]: { body: { status: 200 } },
    [`GET ${TOTP}`]: { status: 404, body: { status: 404, meta: { secret: 'ABCDEFGH', totp_url: 'otpauth://totp/x' } } },
    ...answers,
  })
  return { server, told, ...renderScreen(<SecurityRoute />) }
}
const confirmPassword = async (button: string) => {
  await userEvent.type(screen.getByLabelText('First confirm your password'), 'the right one')
  await userEvent.click(screen.getByRole('button', { name: button }))
}
const wasSent = (server: ReturnType<typeof fakeServer>, method: string, path: string) =>
  server.requests.some((one) => one.method === method && new URL(one.url).pathname === path)

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('switches on: password, picture and key, a code, then the recovery codes once', async () => {
  const { told, container } = open([], { [`POST ${TOTP}`]: { body: { status: 200 } }, [`GET ${RECOVERY}`]: { body: { data: { unused_codes: codes } } } })
  await userEvent.click(await screen.findByRole('button', { name: 'Set up a second factor' }))
  await confirmPassword('Confirm')
  expect(await screen.findByRole('img', { name: /QR code/ })).toHaveAttribute('src', expect.stringMatching(/^\/api\/me\/totp-qr\?at=\d+$/))
  expect(screen.getByText('ABCD')).toBeVisible()
  expect(screen.getByText('EFGH')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
  const activate = screen.getByRole('button', { name: 'Switch on' })
  expect(activate).toBeDisabled()
  await userEvent.type(screen.getByLabelText(/Then type the code/), '12 34 56')
  told.factors = on()
  await userEvent.click(activate)
  const sheet = await screen.findByRole('region', { name: 'Keep these recovery codes now' })
  expect(within(sheet).getAllByRole('listitem').map((one) => one.textContent)).toEqual(codes)
  const file = decodeURIComponent(within(sheet).getByRole('link', { name: 'Download' }).getAttribute('href') ?? '')
  expect(file).toContain('demir@hospital.example')
  expect(file).toContain(codes.join('\n'))
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.click(within(sheet).getByRole('button', { name: 'I have kept them' }))
  expect(screen.queryByText(codes[0] as string)).toBeNull()
  expect(await screen.findByText('10 of 10 left')).toBeVisible()
})

it('says what was wrong: the password, then the code', async () => {
  let right = false
  open([], { [`POST ${ALLAUTH}/auth/reauthenticate`]: () => (right ? { body: {} } : refused('incorrect_password')), [`POST ${TOTP}`]: refused('incorrect_code') })
  await userEvent.click(await screen.findByRole('button', { name: 'Set up a second factor' }))
  await confirmPassword('Confirm')
  expect(await screen.findByText('This is not your password.')).toBeVisible()
  right = true
  await userEvent.click(screen.getByRole('button', { name: 'Confirm' }))
  await userEvent.type(await screen.findByLabelText(/Then type the code/), '000000')
  await userEvent.click(screen.getByRole('button', { name: 'Switch on' }))
  expect(await screen.findByText('This code is not valid. Codes change every 30 seconds.')).toBeVisible()
  expect(screen.getByText('ABCD')).toBeVisible()
})

it('asks for the password again when it was confirmed too long ago', async () => {
  open([], { [`POST ${TOTP}`]: { status: 401, body: { status: 401, data: { flows: [{ id: 'reauthenticate' }] } } } })
  await userEvent.click(await screen.findByRole('button', { name: 'Set up a second factor' }))
  await confirmPassword('Confirm')
  await userEvent.type(await screen.findByLabelText(/Then type the code/), '123456')
  await userEvent.click(screen.getByRole('button', { name: 'Switch on' }))
  expect(await screen.findByLabelText('First confirm your password')).toBeVisible()
})

it('falls back to the key when the picture cannot be drawn', async () => {
  open([])
  await userEvent.click(await screen.findByRole('button', { name: 'Set up a second factor' }))
  await confirmPassword('Confirm')
  const picture = await screen.findByRole('img', { name: /QR code/ })
  picture.dispatchEvent(new Event('error'))
  expect(await screen.findByText(/could not be drawn/)).toBeVisible()
})

it('warns when few codes are left and makes new ones after the password', async () => {
  const { server } = open(on(2), { [`POST ${RECOVERY}`]: { body: { data: { unused_codes: codes } } } })
  expect(await screen.findByText('2 of 10 left')).toBeVisible()
  expect(screen.getByText(/Without phone and codes/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Make new codes' }))
  expect(wasSent(server, 'POST', RECOVERY)).toBe(false)
  await confirmPassword('Make new codes')
  expect(await screen.findByText(codes[9] as string)).toBeVisible()
})

it('switches off after saying what that means, with the password', async () => {
  const { server, told } = open(on(), { [`DELETE ${TOTP}`]: { body: { status: 200 } } })
  await userEvent.click(await screen.findByRole('button', { name: 'Switch off the second factor' }))
  expect(screen.getByText(/recovery codes stop working too/)).toBeVisible()
  expect(wasSent(server, 'DELETE', TOTP)).toBe(false)
  told.factors = []
  await confirmPassword('Switch off the second factor')
  expect(await screen.findByText('Second factor is off')).toBeVisible()
  expect(screen.queryByText('Recovery codes')).toBeNull()
})

it('says when the state cannot be read, and reads it again', async () => {
  let calls = 0
  open([], { [`GET ${ALLAUTH}/account/authenticators`]: () => (++calls === 1 ? { status: 500, body: { code: 'internal_error' } } : { body: { data: [] } }) })
  await userEvent.click(await screen.findByRole('button', { name: 'Retry' }))
  expect(await screen.findByText('Second factor is off')).toBeVisible()
})

it('opens the door with a recovery code when the phone is not there', async () => {
  const server = fakeServer({
    [`POST ${ALLAUTH}/auth/login`]: { status: 401, body: { status: 401, data: { flows: [{ id: 'mfa_authenticate', is_pending: true }] } } },
    [`POST ${ALLAUTH}/auth/2fa/authenticate`]: async (request) => (((await request.clone().json()) as { code: string }).code === '12345678' ? { body: { status: 200 } } : refused('incorrect_code')),
  })
  const onSignedIn = vi.fn()
  renderScreen(<SignInForm email="a@b.test" onSignedIn={onSignedIn} />)
  await userEvent.type(screen.getByLabelText('Password'), 'secret')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Use a recovery code instead' }))
  await userEvent.type(screen.getByLabelText('Recovery code'), '87654321')
  await userEvent.click(screen.getByRole('button', { name: 'Verify' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('it has been used')
  await userEvent.type(screen.getByLabelText('Recovery code'), '1234 5678')
  await userEvent.click(screen.getByRole('button', { name: 'Verify' }))
  expect(onSignedIn).toHaveBeenCalledOnce()
  expect(server.requests).toHaveLength(3)
})
