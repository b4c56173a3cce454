import { useTranslation } from 'react-i18next'

import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'

/** What the 3D picture is made of, and how coarsely. */
export function SolidNotes({ viewer, view }: { viewer: Viewer; view: StackView }) {
  const { t } = useTranslation('solid')
  const { reformat } = useViewerState(viewer, () => view.state)
  const reduction = useViewerState(viewer, () => view.planes.solid.reduction)
  const count = useViewerState(viewer, () => view.planes.solid.shownSurfaces.length)
  const preset = reformat?.preset
  if (!preset) return null
  const isVolume = preset !== 'surfaces'
  const words = [
    t('notes.computed'),
    isVolume && reduction !== null && reduction > 1 && t('notes.reduced', { factor: reduction }),
    count > 0 && t('notes.surfaces', { count }),
    !isVolume && count === 0 && t('notes.none'),
  ].filter(Boolean)
  return (
    <div data-testid="solid">
      {[t('notes.title', { preset: t(`preset.${preset}`) }), ...words].join(' · ')}
    </div>
  )
}
