import type { Vec3 } from '@/geometry'

import type { StackView } from '../stackView'
import { element, fixed } from './svg'

const INNER_PX = 4
const OUTER_PX = 14

/** The point that the arrow keys move: a cross with an open middle. */
export function drawCursor(view: StackView, point: Vec3 | null): SVGElement[] {
  const at = point && view.patientToCanvas(point)
  if (!at) return []
  const [x, y] = at
  const arms = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const
  const group = element('g', { class: 'vw-cursor' })
  group.style.setProperty('--vw-colour', 'var(--vw-preview, #ffd54a)')
  for (const name of ['vw-halo', 'vw-line']) {
    for (const [dx, dy] of arms) {
      group.append(
        element('line', {
          x1: fixed(x + dx * INNER_PX),
          y1: fixed(y + dy * INNER_PX),
          x2: fixed(x + dx * OUTER_PX),
          y2: fixed(y + dy * OUTER_PX),
          class: name,
        }),
      )
    }
  }
  return [group]
}
