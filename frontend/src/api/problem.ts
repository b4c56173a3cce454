/** One entry of `errors`: a field (JSON pointer-like name) and what is wrong with it. */
export interface FieldError {
  field: string
  message: string
  code?: string
}

export interface ProblemInit {
  status: number
  code: string
  title: string
  detail?: string
  errors?: FieldError[]
  details?: Record<string, unknown>
  requestId?: string | null
}

/**
 * A failed request, as RFC 9457 problem+json told it (or as we name it when no
 * answer came). Shown to people by `ui/ProblemNotice`: what, why, what now,
 * request id.
 */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors: FieldError[]
  readonly details: Record<string, unknown>
  readonly requestId: string | null

  constructor(init: ProblemInit) {
    super(init.detail || init.title)
    this.name = 'Problem'
    this.status = init.status
    this.code = init.code
    this.title = init.title
    this.detail = init.detail ?? ''
    this.errors = init.errors ?? []
    this.details = init.details ?? {}
    this.requestId = init.requestId ?? null
  }

  /** Worth asking again without changing anything. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Accepts both shapes seen in the wild: a list of entries, or field -> messages. */
export function readFieldErrors(raw: unknown): FieldError[] {
  if (Array.isArray(raw)) {
    return raw.filter(isRecord).map((entry) => ({
      field: text(entry.field) || text(entry.param) || text(entry.pointer) || text(entry.loc),
      message: text(entry.message) || text(entry.detail) || text(entry.msg),
      code: text(entry.code) || undefined,
    }))
  }
  if (!isRecord(raw)) return []
  return Object.entries(raw).flatMap(([field, messages]) => {
    const list: unknown[] = Array.isArray(messages) ? messages : [messages]
    return list.map((message) =>
      isRecord(message)
        ? { field, message: text(message.message), code: text(message.code) || undefined }
        : { field, message: String(message) },
    )
  })
}

/** Turn a non-2xx answer into a Problem, whatever its body turned out to be. */
export async function readProblem(response: Response): Promise<Problem> {
  const requestId = response.headers.get('X-Request-ID')
  const raw: unknown = await response.json().catch(() => null)
  const body = isRecord(raw) ? raw : {}
  return new Problem({
    status: response.status,
    code: text(body.code) || `http_${response.status}`,
    title: text(body.title) || response.statusText || `HTTP ${response.status}`,
    detail: text(body.detail),
    errors: readFieldErrors(body.errors),
    details: isRecord(body.details) ? body.details : body,
    requestId: requestId ?? (text(body.request_id) || null),
  })
}

/** Whatever was thrown, as a Problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem({
    status: 0,
    code: 'unexpected',
    title: error instanceof Error ? error.message : String(error),
  })
}
