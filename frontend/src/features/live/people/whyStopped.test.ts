import { expect, it } from 'vitest'

import { whyStopped } from './whyStopped'

const at = (offset_ms: number) => new Date(Date.now() + offset_ms).toISOString()
const refused = { type: 'lobby.state', state: 'refused', minutes: null, cases_before: null } as const

it('LIVE-M7: an end that was foreseen is told as such', () => {
  const stopReason = 'forbidden'
  expect(whyStopped({ stopReason, door: null, expiresAt: at(-100) })).toBe('expired')
  expect(whyStopped({ stopReason, door: null, expiresAt: at(3_600_000) })).toBe('forbidden')
  expect(whyStopped({ stopReason, door: null, expiresAt: null })).toBe('forbidden')
})

it('LIVE-M4: who was not let in is told so', () => {
  expect(whyStopped({ stopReason: 'forbidden', door: refused, expiresAt: null })).toBe('not_admitted')
})

it('other ends stay what they are', () => {
  expect(whyStopped({ stopReason: 'ended', door: refused, expiresAt: at(-100) })).toBe('ended')
})
