import { vi } from 'vitest'

interface Told {
  status?: number
  body?: unknown
  headers?: Record<string, string>
}
type Answer = Told | ((request: Request) => Told | Promise<Told>)

/**
 * Stands where the server is: answers by "METHOD /path", remembers what it was
 * asked, and fails loudly for anything a test did not foresee.
 */
export function fakeServer(answers: Record<string, Answer>) {
  const requests: Request[] = []
  const respond = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const raw = input instanceof Request ? input.url : String(input)
    const request = new Request(new URL(raw, 'http://consilium.test'), init)
    requests.push(request)
    const { pathname, search } = new URL(request.url)
    const answer = answers[`${request.method} ${pathname}${search}`] ?? answers[`${request.method} ${pathname}`]
    if (!answer) throw new Error(`unforeseen request: ${request.method} ${pathname}${search}`)
    const told = typeof answer === 'function' ? await answer(request) : answer
    const { status = 200, body, headers = {} } = told
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } })
  }
  vi.stubGlobal('fetch', vi.fn(respond))
  return { requests }
}
