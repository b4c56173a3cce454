import type { Cause, StackView } from '../stackView'

/** Nothing of another identity lies over this view any more, and the view says so. */
export function refuseStranger(view: StackView, cause: Cause): void {
  view.setFusion(null, null, cause)
  view.planes.refuseFusion({ code: 'other_identity', details: [] })
}
