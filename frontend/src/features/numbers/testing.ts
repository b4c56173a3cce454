import type { Indicator } from '@/api/numbers'

export const anIndicator = (part: Partial<Indicator> = {}): Indicator => ({
  key: 'deferred',
  group: 'meetings',
  unit: 'share',
  state: 'value',
  value: 0.125,
  low: null,
  high: null,
  count: 5,
  n: 40,
  known_of: null,
  target: null,
  parts: [],
  ...part,
})
