import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { fakeServer } from '@/app/testing/server'

import { answerSecondFactor, signIn, signOut } from './session'

const LOGIN = 'POST /_allauth/browser/v1/auth/login'
const credentials = { email: 'a@b.test', password: 'secret' }

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

describe('signIn', () => {
  it('is done when the server says so', async () => {
    fakeServer({ [LOGIN]: { body: { status: 200, meta: { is_authenticated: true } } } })
    await expect(signIn(credentials)).resolves.toBe('signed_in')
  })

  it('goes on to the second factor when one is pending', async () => {
    const flows = [{ id: 'login' }, { id: 'mfa_authenticate', is_pending: true, types: ['totp'] }]
    fakeServer({ [LOGIN]: { status: 401, body: { status: 401, data: { flows } } } })
    await expect(signIn(credentials)).resolves.toBe('second_factor')
  })

  it('throws for wrong credentials and for a lock-out', async () => {
    fakeServer({ [LOGIN]: { status: 400, body: { status: 400, errors: [{ code: 'email_password_mismatch', message: 'no' }] } } })
    await expect(signIn(credentials)).rejects.toMatchObject({ status: 400 })
    fakeServer({ [LOGIN]: { status: 429, body: { code: 'locked_out' } } })
    await expect(signIn(credentials)).rejects.toMatchObject({ code: 'locked_out' })
  })
})

it('a wrong code is an error, not another step', async () => {
  fakeServer({ 'POST /_allauth/browser/v1/auth/2fa/authenticate': { status: 400, body: { errors: [{ code: 'incorrect_code' }] } } })
  await expect(answerSecondFactor('000000')).rejects.toMatchObject({ status: 400 })
})

it('takes the 401 that follows a sign-out for success', async () => {
  fakeServer({ 'DELETE /_allauth/browser/v1/auth/session': { status: 401, body: { status: 401 } } })
  await expect(signOut()).resolves.toBeUndefined()
})
