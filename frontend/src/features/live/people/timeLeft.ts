const TOLD_FROM_MS = 15 * 60_000
const URGENT_FROM_MS = 2 * 60_000

export interface TimeLeft {
  readonly stage: 'told' | 'urgent'
  /** Rounded up: it never says less than there is. */
  readonly minutes: number
}

/** What is said of an access that ends by itself; null while there is nothing to say. */
export function timeLeft(expires_at: string | null, now_ms: number): TimeLeft | null {
  if (expires_at === null) return null
  const left_ms = Date.parse(expires_at) - now_ms
  if (left_ms > TOLD_FROM_MS) return null
  return {
    stage: left_ms <= URGENT_FROM_MS ? 'urgent' : 'told',
    minutes: Math.max(0, Math.ceil(left_ms / 60_000)),
  }
}
