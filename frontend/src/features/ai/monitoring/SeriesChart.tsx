import type { MonitoringPeriod } from '@/api/types'

import { axisOf, formatMeasure, formatTick, type Line, type Measure, shortPeriod } from './figures'
import classes from './Monitoring.module.css'
import { Marker } from './Marker'

const WIDTH = 560
const HEIGHT = 200
const LEFT = 58
const RIGHT = 10
const TOP = 10
const BOTTOM = 30
const LABEL_PX = 46

interface SeriesChartProps {
  /** What a screen reader is told instead of the picture; the table says the rest. */
  label: string
  periods: MonitoringPeriod[]
  lines: Line[]
  measure: Measure
  hiddenWord: string
}

/** Lines over weeks, with their intervals; a hidden cell is hatched at the foot, never a gap. */
export function SeriesChart({ label, periods, lines, measure, hiddenWord }: SeriesChartProps) {
  const { low, high, step } = axisOf(lines, measure)
  const slot = (WIDTH - LEFT - RIGHT) / Math.max(1, periods.length)
  const x = (period: number, line: number) => LEFT + slot * (period + 0.5) + (line - (lines.length - 1) / 2) * Math.min(7, slot / (lines.length + 1))
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step)
  const every = Math.ceil((LABEL_PX * periods.length) / (WIDTH - LEFT - RIGHT))
  const hidden = periods.map((_, period) => lines.some((line) => line.points[period]?.state === 'hidden'))
  return (
    <svg className={classes.chart} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {ticks.map((tick) => (
        <g key={tick} className={tick === 0 ? classes.zero : classes.rule}>
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
            {formatTick(tick, measure, step)}
          </text>
        </g>
      ))}
      {periods.map((period, index) => (
        <g key={period.name} className={classes.foot}>
          {!period.is_complete && <rect className={classes.running} x={LEFT + slot * index} y={TOP} width={slot} height={HEIGHT - TOP - BOTTOM} />}
          {hidden[index] && (
            <g data-hidden={period.name}>
              <title>{`${period.name}: ${hiddenWord}`}</title>
              <rect className={classes.hidden} x={LEFT + slot * (index + 0.2)} y={HEIGHT - BOTTOM - 12} width={slot * 0.6} height={12} />
            </g>
          )}
          {index % every === 0 && (
            <text x={LEFT + slot * (index + 0.5)} y={HEIGHT - 10} textAnchor="middle">
              {shortPeriod(period)}
            </text>
          )}
        </g>
      ))}
      {lines.map((line, place) => (
        <g key={line.key} className={classes[`look${place % 6}`]} data-line={line.key}>
          <path className={classes.path} d={pathOf(line, (period) => x(period, place), y)} />
          {line.points.map((point, period) => {
            if (point.state !== 'value') return null
            const at = x(period, place)
            return (
              <g key={period}>
                <title>{`${periods[period]?.name}: ${formatMeasure(point.value, measure)}`}</title>
                {point.low !== null && point.high !== null && <line className={classes.interval} x1={at} x2={at} y1={y(point.low)} y2={y(point.high)} />}
                <Marker place={place} x={at} y={y(point.value)} />
              </g>
            )
          })}
        </g>
      ))}
    </svg>
  )
}

/** A line joins weeks that follow each other; over a hidden or empty one it does not. */
function pathOf(line: Line, x: (period: number) => number, y: (value: number) => number): string {
  let isDrawing = false
  return line.points
    .map((point, period) => {
      if (point.state !== 'value') {
        isDrawing = false
        return ''
      }
      const command = isDrawing ? 'L' : 'M'
      isDrawing = true
      return `${command}${x(period).toFixed(1)} ${y(point.value).toFixed(1)}`
    })
    .join('')
}
