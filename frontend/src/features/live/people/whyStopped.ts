import type { LobbyState } from '@/protocol/generated'

import type { StopReason } from '../transport'

/** The clocks of browser and server may differ by as much without a wrong word. */
const CLOCK_SLACK_MS = 5_000

interface Stopped {
  stopReason: StopReason
  door: LobbyState | null
  expiresAt: string | null
}

export type EndReason = StopReason | 'expired'

/** 4403 says that somebody may not be here; why, this window knows. */
export function whyStopped({ stopReason, door, expiresAt }: Stopped): EndReason {
  if (stopReason !== 'forbidden') return stopReason
  if (door?.state === 'refused') return 'not_admitted'
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now() + CLOCK_SLACK_MS
  return isOver ? 'expired' : 'forbidden'
}
