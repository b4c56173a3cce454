import type { DrawnSegmentation, Finding } from '@/api/types'
import type { FindingEdits } from '@/features/ai/review'

import { BoxReview } from './box/BoxReview'
import { copyMask } from './brush/copying'
import type { DrawnRoom } from './brush/useDrawnRoom'
import { findingLayers } from './maskLayers'
import { showFinding, type CaseRoom } from './useCaseRoom'
import { loadMask } from './useMasks'

/** Revision 1 of a copy is the model's mask itself; only what came after is an edit. */
const FIRST_EDIT = 2

/** Editing the masks of findings in a viewer; null for whoever may not paint. */
export function findingEdits(room: CaseRoom, drawn: DrawnRoom, onBegin?: () => void): FindingEdits | null {
  if (!drawn.mayDraw) return null
  return {
    begin: async (finding) => {
      onBegin?.()
      const known = copiesOf(drawn, finding).find(({ author }) => author.id === drawn.me.id)
      const [segment] = known?.segments ?? []
      if (known && segment) {
        room.viewer.setTool('brush')
        await drawn.activate(known, segment)
        return
      }
      const [layer] = findingLayers([{ ...finding, mask_url: `/api/findings/${finding.id}/mask` }])
      if (!layer) return
      await loadMask(room.viewer, layer)
      await copyMask(room, drawn, layer, finding.label)
    },
    of: (finding) => {
      const one = copiesOf(drawn, finding).find(({ revision }) => revision >= FIRST_EDIT)
      const [segment] = one?.segments ?? []
      if (!one || !segment) return null
      return {
        segmentation: one.id,
        segment: segment.number,
        revision: one.revision,
        author: one.author.display_name,
        pending: drawn.target?.id === one.id && drawn.drawing.pending,
      }
    },
    box: (finding, { isBusy, accept }) => (
      <BoxReview viewer={room.viewer} finding={finding} onShow={() => void showFinding(room, finding)} isBusy={isBusy} onAccept={accept} />
    ),
  }
}

/** What people made of the finding's mask, the newest first. */
const copiesOf = ({ list }: DrawnRoom, { id }: Finding): DrawnSegmentation[] =>
  list
    .filter(({ origin }) => origin?.kind === 'finding' && origin.id === id)
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
