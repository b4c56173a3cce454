import { PixelError } from './errors'

export interface PixelTicket {
  readonly ticket: string
  /** Name of the header it travels in; never a URL. */
  readonly header: string
  /** ISO instant. */
  readonly expires_at: string
}

/** Asks the application for a ticket; the viewer knows no other endpoint. */
export type RequestTicket = () => Promise<PixelTicket>

/** Share of a ticket's life after which it is renewed before somebody has to wait for it. */
const RENEW_AFTER_SHARE = 0.8
const RETRY_DELAYS_MS = [400, 1200]

interface HeldTicket extends PixelTicket {
  readonly renew_at_ms: number
  readonly ends_at_ms: number
}

/**
 * Reads pixels of one study with its ticket, renewed silently.
 *
 * A refused ticket is renewed once and the request repeated; a second refusal means that access
 * has ended, and says so. Network trouble is retried twice and then named `offline`.
 */
export class PixelAccess {
  private held: HeldTicket | null = null
  private renewing: Promise<HeldTicket> | null = null
  private readonly requestTicket: RequestTicket
  private readonly fetchFn: typeof fetch

  constructor(requestTicket: RequestTicket, fetchFn: typeof fetch = (...args) => fetch(...args)) {
    this.requestTicket = requestTicket
    this.fetchFn = fetchFn
  }

  async read(url: string, signal?: AbortSignal): Promise<Response> {
    const first = await this.attempt(url, await this.ticket(), signal)
    if (first.status !== 401 && first.status !== 403) return accepted(first)
    this.held = null
    const second = await this.attempt(url, await this.ticket(), signal)
    return accepted(second)
  }

  /** Asks for the first ticket now, so that what comes with it is known. */
  async prepare(): Promise<void> {
    await this.renew()
  }

  private async ticket(): Promise<HeldTicket> {
    const now = Date.now()
    if (this.held !== null && now < this.held.renew_at_ms) return this.held
    if (this.held !== null && now < this.held.ends_at_ms) {
      // Still good: renew beside the work, and let a failure surface when it has really ended.
      this.renew().catch(() => undefined)
      return this.held
    }
    return this.renew()
  }

  private renew(): Promise<HeldTicket> {
    this.renewing ??= this.requestTicket()
      .then((ticket) => {
        const now = Date.now()
        const life_ms = Math.max(0, Date.parse(ticket.expires_at) - now)
        this.held = {
          ...ticket,
          renew_at_ms: now + life_ms * RENEW_AFTER_SHARE,
          ends_at_ms: now + life_ms,
        }
        return this.held
      })
      .finally(() => {
        this.renewing = null
      })
    return this.renewing
  }

  private async attempt(url: string, held: HeldTicket, signal?: AbortSignal): Promise<Response> {
    for (const delay_ms of [...RETRY_DELAYS_MS, null]) {
      try {
        const response = await this.fetchFn(url, {
          headers: { [held.header]: held.ticket },
          credentials: 'same-origin',
          signal: signal ?? null,
        })
        if (response.status !== 503 && response.status !== 502) return response
        if (delay_ms === null) return response
      } catch (error) {
        if (signal?.aborted) throw error
        if (delay_ms === null) throw new PixelError('offline', 'The pixel server did not answer.')
      }
      await pause(delay_ms)
    }
    throw new PixelError('offline', 'The pixel server did not answer.')
  }
}

const pause = (delay_ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delay_ms))

function accepted(response: Response): Response {
  if (response.ok) return response
  const request_id = response.headers.get('X-Request-ID') ?? ''
  const { status } = response
  if (status === 401 || status === 403) {
    throw new PixelError('access_ended', 'Access to these images has ended.', request_id)
  }
  // The archive let it go; the PACS is being asked for it again (docs/imaging.md, retention).
  if (status === 409) throw new PixelError('evicted', 'The images are being fetched.', request_id)
  if (status === 422) {
    throw new PixelError('not_decodable', 'The archive cannot decode this image.', request_id)
  }
  if (status === 404) throw new PixelError('not_found', 'The image is not there.', request_id)
  throw new PixelError('server', `The pixel server answered ${status}.`, request_id)
}
