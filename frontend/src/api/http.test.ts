import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { fakeServer } from '@/app/testing/server'

import { forgetCsrfToken } from './csrf'
import { http, onSessionEnded, withQuery } from './http'

beforeEach(() => {
  document.cookie = 'csrftoken=from-cookie'
  forgetCsrfToken()
})
afterEach(() => {
  document.cookie = 'csrftoken=; expires=Thu, 01 Jan 1970 00:00:00 GMT'
  vi.unstubAllGlobals()
})

describe('http', () => {
  it('sends the CSRF token with what changes something, and not with what reads', async () => {
    const server = fakeServer({ 'GET /api/cases': { body: [] }, 'POST /api/cases': { status: 201, body: { id: '1' } } })
    await http.get('/api/cases')
    await http.post('/api/cases', { title: 'x' })
    expect(server.requests.map((request) => request.headers.get('X-CSRFToken'))).toEqual([null, 'from-cookie'])
  })

  it('asks for a token when the browser has none', async () => {
    document.cookie = 'csrftoken=; expires=Thu, 01 Jan 1970 00:00:00 GMT'
    const server = fakeServer({ 'GET /api/csrf': { body: { csrf_token: 'asked' } }, 'POST /api/x': { body: {} } })
    await http.post('/api/x')
    expect(server.requests.at(-1)?.headers.get('X-CSRFToken')).toBe('asked')
  })

  it('tries once more when the token had turned over, and only once', async () => {
    let calls = 0
    fakeServer({
      'POST /api/x': () => {
        calls += 1
        return calls === 1 ? { status: 403, body: { code: 'csrf_failed' } } : { body: { fine: true } }
      },
    })
    await expect(http.post('/api/x')).resolves.toEqual({ fine: true })
    fakeServer({ 'POST /api/y': () => ((calls += 1), { status: 403, body: { code: 'csrf_failed' } }) })
    calls = 0
    await expect(http.post('/api/y')).rejects.toMatchObject({ code: 'csrf_failed' })
    expect(calls).toBe(2)
  })

  it('does not repeat a request that was refused for another reason', async () => {
    const server = fakeServer({ 'POST /api/x': { status: 403, body: { code: 'wrong_discipline' } } })
    await expect(http.post('/api/x')).rejects.toMatchObject({ code: 'wrong_discipline' })
    expect(server.requests).toHaveLength(1)
  })

  it('sends the version it changes as If-Match', async () => {
    const server = fakeServer({ 'PATCH /api/x': { body: {} } })
    await http.patch('/api/x', {}, { version: 7 })
    expect(server.requests[0]?.headers.get('If-Match')).toBe('"7"')
  })

  it('tells that the session ended, but not to the sign-in form', async () => {
    const ended = vi.fn()
    const stop = onSessionEnded(ended)
    fakeServer({ 'GET /api/x': { status: 401, body: { code: 'not_signed_in' } } })
    await expect(http.get('/api/x', { anonymous: true })).rejects.toMatchObject({ status: 401 })
    expect(ended).not.toHaveBeenCalled()
    await expect(http.get('/api/x')).rejects.toMatchObject({ status: 401 })
    expect(ended).toHaveBeenCalledOnce()
    stop()
  })

  it('calls an unreachable server offline', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('Failed to fetch')))
    await expect(http.get('/api/x')).rejects.toMatchObject({ code: 'offline', status: 0 })
  })

  it('refuses an answer that is not JSON instead of guessing', async () => {
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue(new Response('<html>', { headers: { 'Content-Type': 'text/html' } })))
    await expect(http.get('/api/x')).rejects.toMatchObject({ code: 'unexpected_answer' })
  })
})

it('marks what nobody asked for as background, so that polling keeps no session alive', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const server = fakeServer({ 'GET /api/cases': { body: [] }, 'POST /api/x': { body: {} } })
  const marks = () => server.requests.map((request) => request.headers.get('X-Consilium-Background'))
  window.dispatchEvent(new Event('keydown'))
  await http.get('/api/cases')
  vi.setSystemTime(Date.now() + 31_000)
  await http.get('/api/cases')
  await http.post('/api/x')
  expect(marks()).toEqual([null, 'poll', null])
  window.dispatchEvent(new Event('pointermove'))
  await http.get('/api/cases')
  expect(marks().at(-1)).toBeNull()
  vi.useRealTimers()
})

it('leaves empty query values out', () => {
  expect(withQuery('/api/cases', { search: 'a b', status: '', page: undefined })).toBe('/api/cases?search=a+b')
})
