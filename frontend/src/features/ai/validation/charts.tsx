import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { ValidationMetrics } from '@/api/validation'

import classes from './Validation.module.css'

type Froc = ValidationMetrics['detection']['froc']
type Bins = ValidationMetrics['calibration']['bins']

const WIDTH = 420
const HEIGHT = 240
const LEFT = 46
const RIGHT = 12
const TOP = 20
const BOTTOM = 40
const FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]
const RATES = [0.125, 0.25, 0.5, 1, 2, 4, 8] as const
const [LEAST, MOST] = [RATES[0], RATES[RATES.length - 1] ?? 8]

const x = (share: number) => LEFT + share * (WIDTH - LEFT - RIGHT)
const y = (share: number) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
/** Logarithmic from 1/8 to 8, as FROC curves are read. */
const xOfRate = (rate: number) => x(Math.log2(Math.min(Math.max(rate, LEAST), MOST) / LEAST) / Math.log2(MOST / LEAST))

interface FrameProps {
  label: string
  across: string
  upward?: string
  ticks: { at: number; text: string }[]
  children: ReactNode
}

function Frame({ label, across, upward, ticks, children }: FrameProps) {
  return (
    <svg className={classes.chart} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {upward &&
        FIFTHS.map((share) => (
          <g key={share}>
            <line className={classes.grid} x1={x(0)} x2={x(1)} y1={y(share)} y2={y(share)} />
            <text className={classes.tick} x={LEFT - 6} y={y(share) + 4} textAnchor="end">
              {share.toFixed(1)}
            </text>
          </g>
        ))}
      <line className={classes.axis} x1={x(0)} x2={x(1)} y1={y(0)} y2={y(0)} />
      {ticks.map(({ at, text }) => (
        <text key={text} className={classes.tick} x={at} y={y(0) + 15} textAnchor="middle">
          {text}
        </text>
      ))}
      {children}
      <text className={classes.axisName} x={x(0.5)} y={HEIGHT - 6} textAnchor="middle">
        {across}
      </text>
      {upward && (
        <text className={classes.axisName} transform={`rotate(-90 12 ${y(0.5)})`} x={12} y={y(0.5)} textAnchor="middle">
          {upward}
        </text>
      )}
    </svg>
  )
}

const shareTicks = FIFTHS.map((share) => ({ at: x(share), text: share.toFixed(1) }))

export function FrocChart({ points }: { points: Froc['points'] }) {
  const { t } = useTranslation('validation')
  const ticks = RATES.map((rate) => ({ at: xOfRate(rate), text: String(rate) }))
  return (
    <Frame label={t('chart.froc')} across={t('chart.frocX')} upward={t('chart.frocY')} ticks={ticks}>
      <polyline className={classes.curve} points={points.map((point) => `${xOfRate(point.fp_per_scan)},${y(point.sensitivity)}`).join(' ')} />
      {points.map((point) => (
        <circle key={point.threshold} className={classes.dot} cx={xOfRate(point.fp_per_scan)} cy={y(point.sensitivity)} r={2.5} />
      ))}
    </Frame>
  )
}

export function ReliabilityChart({ bins }: { bins: Bins }) {
  const { t } = useTranslation('validation')
  return (
    <Frame label={t('chart.reliability')} across={t('chart.reliabilityX')} upward={t('chart.reliabilityY')} ticks={shareTicks}>
      <line className={classes.perfect} x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      {bins.map((bin) => (
        <g key={bin.from}>
          <line className={classes.curve} x1={x(bin.mean_probability)} x2={x(bin.mean_probability)} y1={y(bin.observed.lower ?? 0)} y2={y(bin.observed.upper ?? 1)} />
          <circle className={classes.dot} cx={x(bin.mean_probability)} cy={y(bin.observed.value ?? 0)} r={3.5} />
        </g>
      ))}
    </Frame>
  )
}

export function DiceChart({ histogram }: { histogram: number[] }) {
  const { t } = useTranslation('validation')
  const most = Math.max(...histogram)
  if (!(most > 0)) return null
  const edge = (place: number) => (place / histogram.length).toFixed(1)
  const said = histogram.map((count, place) => (count ? t('chart.diceBar', { from: edge(place), to: edge(place + 1), count }) : '')).filter(Boolean)
  return (
    <Frame label={`${t('chart.dice')}. ${said.join(', ')}`} across={t('chart.diceX')} ticks={shareTicks}>
      {histogram.map((count, place) => (
        <g key={edge(place)}>
          <rect className={classes.bar} x={x(place / histogram.length) + 1} width={x(1 / histogram.length) - x(0) - 2} y={y(count / most)} height={y(0) - y(count / most)} />
          {count > 0 && (
            <text className={classes.tick} x={x((place + 0.5) / histogram.length)} y={y(count / most) - 4} textAnchor="middle">
              {count}
            </text>
          )}
        </g>
      ))}
    </Frame>
  )
}
