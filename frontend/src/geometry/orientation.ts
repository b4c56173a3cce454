import { negate, normalize, type Vec3 } from './vector'

/** A second or third letter is named from about 18 degrees of tilt. */
const OBLIQUE_THRESHOLD = 0.31

/** Patient direction of a vector in LPS, strongest axis first: `L`, `AR`, `SPL`. */
export function directionLetters(direction_lps: Vec3): string {
  const [left, posterior, superior] = normalize(direction_lps)
  return [
    { part: left, letter: left > 0 ? 'L' : 'R' },
    { part: posterior, letter: posterior > 0 ? 'P' : 'A' },
    { part: superior, letter: superior > 0 ? 'S' : 'I' },
  ]
    .filter(({ part }) => Math.abs(part) > OBLIQUE_THRESHOLD)
    .sort((a, b) => Math.abs(b.part) - Math.abs(a.part))
    .map(({ letter }) => letter)
    .join('')
}

export interface EdgeLetters {
  readonly top: string
  readonly right: string
  readonly bottom: string
  readonly left: string
}

/** Letters at the four edges of the screen, from screen-right and screen-up in LPS. */
export function edgeLetters(right: Vec3, up: Vec3): EdgeLetters {
  return {
    top: directionLetters(up),
    right: directionLetters(right),
    bottom: directionLetters(negate(up)),
    left: directionLetters(negate(right)),
  }
}
