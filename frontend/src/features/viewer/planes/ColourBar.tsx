import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { formatDate } from '@/ui/format'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'
import { colormapTable } from '@/viewer/volume/colormaps'
import { isWhole } from '@/viewer/volume/reformat'

import { useViewerState } from '../useViewerState'
import classes from './planes.module.css'

const STOPS = 16
const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()

/** What the colours of a second volume mean: its range with the unit, and whose they are. */
export function ColourBar({ viewer, view }: { viewer: Viewer; view: StackView }) {
  const { t } = useTranslation('volume')
  const { fusion, reformat, planes } = useViewerState(viewer, () => view.state)
  const series = useViewerState(viewer, () => view.planes.fusedOn)
  const gradient = useMemo(() => {
    if (fusion === null) return ''
    const table = colormapTable(fusion.colormap)
    const colours = Array.from({ length: STOPS + 1 }, (_, at) => {
      const entry = Math.round((at * 255) / STOPS) * 3
      return `rgb(${table[entry]} ${table[entry + 1]} ${table[entry + 2]})`
    })
    return `linear-gradient(to top, ${colours.join(', ')})`
  }, [fusion])
  const hidden = isWhole(reformat) || planes.fusion_refusal !== null
  if (fusion === null || series === null || hidden) return null
  const percent = Math.round(fusion.opacity * 100)
  const words = t('fusion.over', {
    modality: series.modality,
    date: formatDate(series.study_date),
    percent,
  })
  return (
    <div className={classes.bar} data-testid="colour-bar" title={words}>
      <div>{short(fusion.range.upper)}</div>
      <div className={classes.ramp} style={{ background: gradient }} />
      <div>{short(fusion.range.lower)}</div>
      <div>{series.unit}</div>
      <div>{series.modality}</div>
    </div>
  )
}
