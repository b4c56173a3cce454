import { NumberInput, Slider, Switch } from '@mantine/core'
import { useEffect, useReducer } from 'react'
import { useTranslation } from 'react-i18next'

import { LARGEST_RADIUS_MM, SMALLEST_RADIUS_MM } from '@/viewer/brush/brush'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from './brush.module.css'

const BOUNDS = ['lower', 'upper'] as const

/** Radius, sphere, and for the threshold brush the values it paints, with their unit. */
export function BrushControls({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('brush')
  const [, render] = useReducer((count: number) => count + 1, 0)
  useEffect(() => viewer.brush.changed.on(render), [viewer])
  const tool = useViewerState(viewer, (v) => v.tool)
  const unit = useViewerState(viewer, (v) => v.activeView?.state.series?.unit ?? '')
  const hasSpace = useViewerState(viewer, (v) => v.activeView?.shownFrame?.plane_lps !== null)
  const { radius_mm, sphere, range } = viewer.brush.settings
  const bound = (name: (typeof BOUNDS)[number]) => (
    <NumberInput
      key={name}
      size="xs"
      className={classes.bound}
      label={t(name)}
      value={range[name]}
      step={unit === 'HU' ? 10 : 0.5}
      suffix={unit ? ` ${unit}` : ''}
      onChange={(value) => {
        if (typeof value === 'number') viewer.brush.set({ range: { ...range, [name]: value } })
      }}
    />
  )
  return (
    <div className={classes.controls}>
      <div className={classes.size}>
        <span id="brush-size">{t('size')}</span>
        <span className={classes.figure}>
          {t(hasSpace ? 'mm' : 'px', { value: radius_mm.toFixed(1) })}
        </span>
      </div>
      <Slider
        size="sm"
        thumbLabel={t('size')}
        label={null}
        min={SMALLEST_RADIUS_MM}
        max={LARGEST_RADIUS_MM / 2}
        step={0.5}
        thumbSize={24}
        value={radius_mm}
        onChange={(value) => viewer.brush.set({ radius_mm: value })}
      />
      <Switch
        size="xs"
        label={t('sphere')}
        checked={sphere}
        disabled={!hasSpace}
        onChange={(event) => viewer.brush.set({ sphere: event.currentTarget.checked })}
      />
      {tool === 'threshold' && (
        <fieldset className={classes.range}>
          <legend>{t('range')}</legend>
          {BOUNDS.map(bound)}
        </fieldset>
      )}
    </div>
  )
}
