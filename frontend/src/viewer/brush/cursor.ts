import { mmPerPixel, type Vec2 } from '@/geometry'

import { element, fixed } from '../overlay/svg'
import type { StackView } from '../stackView'
import type { Viewer } from '../viewer'

/** The brush's rim where the hand is: as large as what it paints, dashed where it erases. */
export function drawBrush(view: StackView, viewer: Viewer, at: Vec2 | null): SVGElement[] {
  const { camera } = view.state
  if (at === null || camera === null) return []
  const { brush, tool } = viewer
  const radius = brush.settings.radius_mm / mmPerPixel(camera, view.size)
  const common = { cx: fixed(at[0]), cy: fixed(at[1]), r: fixed(radius), fill: 'none' }
  const colour = brush.target === null || brush.locked ? '#9aa4b2' : brush.target.colour
  const dash = tool === 'eraser' ? '4 3' : tool === 'threshold' ? '1.5 3' : 'none'
  return [
    element('circle', { ...common, stroke: 'rgba(0,0,0,0.75)', 'stroke-width': 3 }),
    element('circle', {
      ...common,
      class: 'vw-brush',
      stroke: colour,
      'stroke-width': 1.5,
      'stroke-dasharray': dash,
    }),
  ]
}
