import { expect, it } from 'vitest'

import type { MonitoringFigure, MonitoringReport } from '@/api/types'

import { alertFigures } from './alertFigures'
import { axisOf, CHARTS, type ChartSpec, formatMeasure, formatSeconds, formatTick, linesOf, pointOf, shortPeriod } from './figures'
import { aFigure, aReport } from './testing'

function spec(key: string): ChartSpec {
  const found = CHARTS.find((one) => one.key === key)
  if (!found) throw new Error(key)
  return found
}
const period = (name: string) => ({ name, starts_on: '2026-11-02', ends_on: '2026-11-08', is_complete: true })

it('keeps hidden, none, not reached and a value apart', () => {
  expect(pointOf(undefined, 0)).toEqual({ state: 'none' })
  expect(pointOf(aFigure({ is_hidden: true, n: null, value: null }), 0)).toEqual({ state: 'hidden' })
  expect(pointOf(aFigure({ n: 0, value: null }), 0)).toEqual({ state: 'none' })
  expect(pointOf(aFigure({ kind: 'quantiles', at: [0.5, 0.95], quantiles: [4, null], n: 20 }), 1)).toEqual({ state: 'open', n: 20 })
  expect(pointOf(aFigure({ name: 'runs', kind: 'amount', n: 0, value: 0 }), 0)).toMatchObject({ state: 'value', value: 0 })
  expect(pointOf(aFigure({ n: 40, count: 10, value: 0.25, low: 0.1, high: 0.4 }), 0)).toEqual({ state: 'value', value: 0.25, low: 0.1, high: 0.4, n: 40, count: 10 })
})

it('draws a line for each quantile by week, and for each group by block', () => {
  const run = (part: Partial<MonitoringFigure>) => aFigure({ name: 'run_s', kind: 'quantiles', unit: 's', at: [0.5, 0.95], quantiles: [30, 90], n: 40, ...part })
  const weekly = aReport({ figures: [run({ period: 0 }), run({ period: 1, quantiles: [40, 95] })] })
  expect(linesOf(weekly, spec('run')).map(({ word }) => word)).toEqual(['median', 'p95'])
  expect(linesOf(weekly, spec('run'))[1]?.points.map((point) => point.state === 'value' && point.value)).toEqual([90, 95])
  const grouped: MonitoringReport = aReport({ by: 'sex', groups: ['F', 'M'], figures: [run({ period: 0, group: 'F' }), run({ period: 0, group: 'M', is_hidden: true })] })
  const lines = linesOf(grouped, spec('run'))
  expect(lines.map(({ group, points }) => [group, points[0]?.state])).toEqual([
    ['F', 'value'],
    ['M', 'hidden'],
  ])
})

it('shows hidden groups together as a line of their own', () => {
  const figures = [aFigure({ name: 'positive', group: 'F', is_hidden: true }), aFigure({ name: 'positive', group: '+', n: 43, count: 23, value: 0.53, together: ['F', 'O'] })]
  expect(linesOf(aReport({ by: 'sex', groups: ['F'], figures }), spec('positive')).map(({ group }) => group)).toEqual(['F', '+'])
})

it('begins axes at nought and takes whole steps', () => {
  const line = (...values: number[]) => [{ key: '', word: '', group: '', points: values.map((value) => ({ state: 'value' as const, value, low: null, high: null, n: 1, count: null })) }]
  expect(axisOf(line(100), 'seconds')).toEqual({ low: 0, high: 120, step: 30 })
  expect(axisOf(line(70_000), 'seconds')).toEqual({ low: 0, high: 86_400, step: 21_600 })
  expect(axisOf(line(31), 'count')).toEqual({ low: 0, high: 40, step: 10 })
  expect(axisOf(line(0.97), 'share')).toMatchObject({ low: 0, high: 1 })
  expect(axisOf(line(-2.5, 3), 'mL')).toMatchObject({ low: -4, high: 4 })
  expect(axisOf(line(), 'seconds')).toEqual({ low: 0, high: 1, step: 1 })
  expect(axisOf(line(0.4), 'fraction')).toEqual({ low: 0, high: 1, step: 0.25 })
})

it('divides time as a clock does, and labels an axis in one unit', () => {
  const line = (value: number) => linesOf(aReport({ figures: [aFigure({ name: 'run_s', kind: 'quantiles', unit: 's', at: [0.5], quantiles: [value], n: 40 })] }), spec('run'))
  const ticks = (value: number) => {
    const { high, step } = axisOf(line(value), 'seconds')
    return Array.from({ length: Math.round(high / step) + 1 }, (_, index) => formatTick(index * step, 'seconds', step))
  }
  expect(ticks(31)).toEqual(['0 s', '10 s', '20 s', '30 s', '40 s'])
  expect(ticks(88)).toEqual(['0 s', '20 s', '40 s', '60 s', '80 s', '100 s'])
  expect(ticks(100)).toEqual(['0 s', '30 s', '60 s', '90 s', '120 s'])
  expect(ticks(7_900)).toEqual(['0 min', '30 min', '60 min', '90 min', '120 min', '150 min'])
  expect(ticks(65_000)).toEqual(['0 h', '6 h', '12 h', '18 h', '24 h'])
})

it('says figures with their units', () => {
  expect([5.2, 42, 150, 7_200, 200_000].map(formatSeconds)).toEqual(['5.2 s', '42 s', '2.5 min', '2 h', '2.3 d'])
  expect([formatMeasure(0.034, 'share'), formatMeasure(0.42, 'share'), formatMeasure(0.873, 'fraction'), formatMeasure(-1.25, 'mL')]).toEqual(['3.4 %', '42 %', '0.87', '-1.3 mL'])
})

it('names weeks and blocks shortly', () => {
  expect(shortPeriod(period('2026-W47'))).toBe('W47')
  expect(shortPeriod(period('2026-W43 to 2026-W46'))).toBe('W43–46')
})

it('tells the figures of an alert, and of what it does not know nothing', () => {
  const found = alertFigures({ share: 0.4, low: 0.26, high: 0.55, count: 16, n: 40, earlier: { share: 0.9, low: 0.8, high: 0.95, count: 54, n: 60 }, features: [{ name: 'score', psi: 0.512, psi_by_chance: 0.2, n: 80 }] })
  expect(found.map(({ word }) => word)).toEqual(['share', 'earlier', 'drift'])
  expect(found[0]?.values).toEqual({ share: '40 %', low: '26 %', high: '55 %', count: 16, n: 40 })
  expect(found[2]).toEqual({ word: 'drift', feature: 'score', values: { psi: '0.51', chance: '0.20', n: 80 } })
  expect(alertFigures(null)).toEqual([])
})
