import { isUnattended } from './activity'
import { csrfToken, forgetCsrfToken } from './csrf'
import { Problem, readProblem } from './problem'

type QueryValue = string | number | boolean | null | undefined
export interface RequestOptions {
  query?: Record<string, QueryValue>
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Sent as `If-Match`: the entity version this change was made against. */
  version?: number
  /** Do not announce a 401 as an ended session (sign-in itself uses this). */
  anonymous?: boolean
  /** Somebody watches, though they touch nothing: this keeps them signed in. */
  attended?: boolean
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
const sessionEndedListeners = new Set<() => void>()

/** Told when the server no longer knows us. Returns the unsubscribe function. */
export function onSessionEnded(listener: () => void): () => void {
  sessionEndedListeners.add(listener)
  return () => sessionEndedListeners.delete(listener)
}

export function withQuery(path: string, query: RequestOptions['query']): string {
  if (!query) return path
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue
    parameters.set(name, String(value))
  }
  const encoded = parameters.toString()
  return encoded ? `${path}${path.includes('?') ? '&' : '?'}${encoded}` : path
}

async function send(method: Method, path: string, body: unknown, options: RequestOptions): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', ...options.headers })
  // Sent as they are: forms, and bytes (whose type the caller names).
  const isForm = body instanceof FormData || ArrayBuffer.isView(body)
  if (body !== undefined && !isForm) headers.set('Content-Type', 'application/json')
  if (method !== 'GET') headers.set('X-CSRFToken', await csrfToken())
  else if (isUnattended() && !options.attended) headers.set('X-Consilium-Background', 'poll')
  if (options.version !== undefined) headers.set('If-Match', `"${options.version}"`)
  try {
    return await fetch(withQuery(path, options.query), {
      method,
      headers,
      body: body === undefined ? undefined : isForm ? (body as BodyInit) : JSON.stringify(body),
      credentials: 'same-origin',
      signal: options.signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem({ status: 0, code: 'offline', title: 'offline' })
  }
}

async function parse<T>(response: Response): Promise<T> {
  if (response.status === 204 || response.headers.get('Content-Length') === '0') return undefined as T
  const type = response.headers.get('Content-Type') ?? ''
  if (!type.includes('json')) {
    throw new Problem({
      status: response.status,
      code: 'unexpected_answer',
      title: 'unexpected_answer',
      requestId: response.headers.get('X-Request-ID'),
    })
  }
  return (await response.json()) as T
}

async function request<T>(method: Method, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
  let response = await send(method, path, body, options)
  if (response.status === 403 && method !== 'GET') {
    // The CSRF cookie turns over at sign-in; one fresh token, one more try.
    const problem = await readProblem(response.clone())
    if (problem.code.startsWith('csrf') || /csrf/i.test(problem.detail)) {
      forgetCsrfToken()
      response = await send(method, path, body, options)
    }
  }
  if (response.ok) return parse<T>(response)
  const problem = await readProblem(response)
  if (response.status === 401 && !options.anonymous) sessionEndedListeners.forEach((listener) => listener())
  throw problem
}

/** The one door to the server: JSON, CSRF, problem+json, session end. */
export const http = {
  get: <T>(path: string, options?: RequestOptions) => request<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>('POST', path, body, options),
  put: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>('PUT', path, body, options),
  patch: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>('PATCH', path, body, options),
  delete: <T>(path: string, options?: RequestOptions) => request<T>('DELETE', path, undefined, options),
}
