import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { formatDate } from '@/ui/format'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'
import { colormapTable, type ColormapName } from '@/viewer/volume/colormaps'
import { isWhole } from '@/viewer/volume/reformat'

import { useViewerState } from '../useViewerState'
import classes from './planes.module.css'

const STOPS = 16
const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()

interface ColourBarProps {
  viewer: Viewer
  view: StackView
}

/** What the colours of a viewport mean: of what is laid over it, or of the map that it shows. */
export function ColourBar({ viewer, view }: ColourBarProps) {
  const fusion = useViewerState(viewer, () => view.state.fusion)
  return fusion === null ? (
    <MapBar viewer={viewer} view={view} />
  ) : (
    <FusionBar viewer={viewer} view={view} />
  )
}

function FusionBar({ viewer, view }: ColourBarProps) {
  const { t } = useTranslation('volume')
  const { fusion, reformat, planes } = useViewerState(viewer, () => view.state)
  const series = useViewerState(viewer, () => view.planes.fusedOn)
  const hidden = isWhole(reformat) || planes.fusion_refusal !== null
  if (fusion === null || series === null || hidden) return null
  const percent = Math.round(fusion.opacity * 100)
  const date = formatDate(series.study_date)
  const words = t('fusion.over', { modality: series.modality, date, percent })
  const name = series.map?.quantity || series.modality
  return <Bar {...fusion} range={fusion.range} name={name} unit={series.unit} words={words} />
}

function MapBar({ viewer, view }: ColourBarProps) {
  const { t } = useTranslation('maps')
  const { series, voi, status } = useViewerState(viewer, () => view.state)
  const map = series?.map ?? null
  if (map === null || voi === null || status !== 'ready') return null
  const words = t('bar', { quantity: map.quantity })
  return <Bar {...map} range={voi} inverted={voi.invert} name={map.quantity} words={words} />
}

interface BarProps {
  colormap: ColormapName
  range: { readonly lower: number; readonly upper: number }
  inverted?: boolean
  name: string
  unit: string
  words: string
}

function Bar({ colormap, range, inverted = false, name, unit, words }: BarProps) {
  const gradient = useMemo(() => gradientOf(colormap, inverted), [colormap, inverted])
  return (
    <div className={classes.bar} data-testid="colour-bar" title={words}>
      <span className={classes.barName}>{name}</span>
      <span>{short(range.lower)}</span>
      <div className={classes.ramp} style={{ background: gradient }} />
      <span>{short(range.upper)}</span>
      <span>{unit}</span>
    </div>
  )
}

function gradientOf(colormap: ColormapName, inverted: boolean): string {
  const table = colormapTable(colormap)
  const colours = Array.from({ length: STOPS + 1 }, (_, at) => {
    const entry = Math.round(((inverted ? STOPS - at : at) * 255) / STOPS) * 3
    return `rgb(${table[entry]} ${table[entry + 1]} ${table[entry + 2]})`
  })
  return `linear-gradient(to right, ${colours.join(', ')})`
}
