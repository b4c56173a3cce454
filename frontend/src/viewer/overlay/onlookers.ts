import type { StackView } from '../stackView'
import { element, fixed } from './svg'

/** Somebody who looks at a series in their own way. */
export interface Onlooker {
  readonly user: string
  readonly initials: string
  readonly colour: string
  readonly series_instance_uid: string
}

const RADIUS_PX = 9
const STEP_PX = 21
const MOST = 4

/** Small signs at the edge for whoever looks at the same series; in words they are in the panel. */
export function drawOnlookers(view: StackView, onlookers: readonly Onlooker[]): SVGElement[] {
  const series = view.state.series?.series_instance_uid
  const here = onlookers.filter((one) => one.series_instance_uid === series)
  if (here.length === 0) return []
  const { width, height } = view.size
  const shown = here.length > MOST ? here.slice(0, MOST - 1) : here
  const signs = shown.map(({ user, initials, colour }) => ({ user, words: initials, colour }))
  if (shown.length < here.length)
    signs.push({ user: '', words: `+${here.length - shown.length}`, colour: '#c3c7cc' })
  return signs.map(({ user, words, colour }, at) => {
    const [x, y] = [width - RADIUS_PX - 8, height * 0.6 + at * STEP_PX]
    const group = element('g', { class: 'vw-onlooker', 'data-onlooker': user })
    group.style.setProperty('--vw-colour', colour)
    group.append(
      element('circle', { cx: fixed(x), cy: fixed(y), r: RADIUS_PX, class: 'vw-onlooker-disc' }),
      element('text', { x: fixed(x), y: fixed(y + 3), 'text-anchor': 'middle', class: 'vw-onlooker-name' }, [
        words,
      ]),
    )
    return group
  })
}
