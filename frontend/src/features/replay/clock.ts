/** A stretch of the recording in which nothing happened. */
export interface Silence {
  readonly from_ms: number
  readonly to_ms: number
}

/** Longer pauses are passed over; of each a moment is left at both ends. */
const SILENCE_MS = 5_000
const LEFT_MS = 1_000

export const SPEEDS: readonly number[] = [0.5, 1, 2, 4, 8]

/** Between the times at which something happened, and to the end. */
export function silencesOf(times_ms: readonly number[], end_ms: number): Silence[] {
  const found: Silence[] = []
  let before = times_ms[0] ?? end_ms
  for (const time of [...times_ms.slice(1), end_ms]) {
    if (time - before > SILENCE_MS) {
      found.push({ from_ms: before + LEFT_MS, to_ms: time - LEFT_MS })
    }
    before = time
  }
  return found
}

/** Where the player is after so much time has gone by here. Pure: time is handed in. */
export function advance(
  position_ms: number,
  elapsed_ms: number,
  {
    speed,
    end_ms,
    silences,
  }: { speed: number; end_ms: number; silences: readonly Silence[] },
): number {
  let position = position_ms
  let left = Math.max(0, elapsed_ms) * speed
  for (const { from_ms, to_ms } of silences) {
    if (position >= to_ms) continue
    const until = Math.max(0, from_ms - position)
    if (left < until) return Math.min(position + left, end_ms)
    left -= until
    position = to_ms
  }
  return Math.min(position + left, end_ms)
}

/** The next faster or slower pace. */
export function stepSpeed(speed: number, by: 1 | -1): number {
  const at = SPEEDS.indexOf(speed)
  return SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))] ?? 1
}
