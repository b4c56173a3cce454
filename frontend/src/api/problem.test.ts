import { describe, expect, it } from 'vitest'

import { asProblem, Problem, readFieldErrors, readProblem } from './problem'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

describe('readProblem', () => {
  it('keeps code, detail, details and the request id', async () => {
    const problem = await readProblem(
      answer(409, { code: 'stale_version', title: 'Conflict', detail: 'Changed.', details: { current: 4 }, request_id: 'r-1' }),
    )
    expect(problem).toMatchObject({ status: 409, code: 'stale_version', detail: 'Changed.', requestId: 'r-1' })
    expect(problem.details.current).toBe(4)
  })

  it('names an answer that is no problem document by its status', async () => {
    const problem = await readProblem(answer(502, '<html>Bad gateway</html>', { 'X-Request-ID': 'r-2' }))
    expect(problem).toMatchObject({ status: 502, code: 'http_502', requestId: 'r-2' })
  })

  it('reads field errors as map and as list', () => {
    expect(readFieldErrors({ title: ['Too long.'], stage: 'Unknown.' })).toEqual([
      { field: 'title', message: 'Too long.' },
      { field: 'stage', message: 'Unknown.' },
    ])
    expect(readFieldErrors([{ param: 'email', message: 'Wrong.', code: 'email_password_mismatch' }])).toEqual([
      { field: 'email', message: 'Wrong.', code: 'email_password_mismatch' },
    ])
  })
})

describe('Problem.isTransient', () => {
  it.each([
    [0, true],
    [429, true],
    [503, true],
    [404, false],
    [409, false],
  ])('status %i -> %s', (status, expected) => {
    expect(new Problem({ status, code: 'x', title: 'x' }).isTransient).toBe(expected)
  })
})

it('shows anything thrown as a problem', () => {
  expect(asProblem(new TypeError('boom'))).toMatchObject({ code: 'unexpected', title: 'boom' })
})
