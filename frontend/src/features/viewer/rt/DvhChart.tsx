import { useTranslation } from 'react-i18next'

import type { Dvh } from '@/api/types'

import classes from '../panels.module.css'

export interface DvhCurve {
  readonly dvh: Dvh
  readonly colour: string
}

const [WIDTH, HEIGHT] = [300, 190]
const [LEFT, RIGHT, TOP, BOTTOM] = [34, 8, 8, 30]
const TICKS = 5
const STEPS_GY = [1, 2, 5, 10, 20, 50, 100]

/** Cumulative dose-volume histograms; the table beside says the same in figures. */
export function DvhChart({ curves }: { curves: readonly DvhCurve[] }) {
  const { t } = useTranslation('radiotherapy')
  const most = curves.reduce((top, { dvh }) => Math.max(top, dvh.maximum_gy), 1)
  const step = STEPS_GY.find((one) => most / one <= TICKS + 1) ?? most / TICKS
  const end = Math.ceil(most / step) * step
  const x = (gy: number): number => LEFT + (gy / end) * (WIDTH - LEFT - RIGHT)
  const y = (percent: number): number => TOP + (1 - percent / 100) * (HEIGHT - TOP - BOTTOM)
  const doses = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step)
  const names = curves.map(({ dvh }) => dvh.name).join(', ')
  return (
    <svg
      className={classes.rtChart}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={t('dvh.chart', { names })}
    >
      {doses.map((gy) => (
        <g key={gy}>
          <line x1={x(gy)} x2={x(gy)} y1={TOP} y2={HEIGHT - BOTTOM} className={classes.rtGrid} />
          <text x={x(gy)} y={HEIGHT - BOTTOM + 12} textAnchor="middle">
            {gy}
          </text>
        </g>
      ))}
      {[0, 25, 50, 75, 100].map((percent) => (
        <g key={percent}>
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(percent)} y2={y(percent)} className={classes.rtGrid} />
          <text x={LEFT - 4} y={y(percent) + 3} textAnchor="end">
            {percent}
          </text>
        </g>
      ))}
      <text x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 4} textAnchor="middle">
        {t('dvh.doseAxis')}
      </text>
      <text transform={`translate(9 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`} textAnchor="middle">
        {t('dvh.volumeAxis')}
      </text>
      {curves.map(({ dvh, colour }) => (
        <polyline
          key={`${dvh.number} ${dvh.name}`}
          points={dvh.doses_gy
            .map((gy, index) => `${x(gy).toFixed(1)},${y(dvh.percent[index] ?? 0).toFixed(1)}`)
            .join(' ')}
          fill="none"
          stroke={colour}
          strokeWidth={1.75}
        >
          <title>{dvh.name}</title>
        </polyline>
      ))}
    </svg>
  )
}
