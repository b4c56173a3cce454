/** The last answers count; one that was slow by chance does not. */
const MOST_SAMPLES = 5
export const SLOW_MS = 200
export const VERY_SLOW_MS = 1_000

export type Quality = 'good' | 'slow' | 'very_slow'

/** Round trips of late, oldest first. */
export const withRoundTrip = (samples: readonly number[], took_ms: number): readonly number[] =>
  [...samples, Math.max(0, took_ms)].slice(-MOST_SAMPLES)

/** Their median; null before the first. */
export function latencyOf(samples: readonly number[]): number | null {
  const ordered = [...samples].sort((a, b) => a - b)
  const middle = Math.floor(ordered.length / 2)
  const upper = ordered[middle]
  if (upper === undefined) return null
  return ordered.length % 2 === 1 ? upper : (upper + (ordered[middle - 1] ?? upper)) / 2
}

export function qualityOf(latency_ms: number): Quality {
  if (latency_ms >= VERY_SLOW_MS) return 'very_slow'
  return latency_ms >= SLOW_MS ? 'slow' : 'good'
}
