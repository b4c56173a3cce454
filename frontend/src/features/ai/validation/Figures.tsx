import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { OverlapFigures, Spread, ValidationMetrics } from '@/api/validation'
import { Section } from '@/ui/Screen'

import { DiceChart, FrocChart, ReliabilityChart } from './charts'
import classes from './Validation.module.css'
import { figure, interval, quartiles } from './words'

interface PlainTableProps {
  label: string
  header: string[]
  rows: { key: string; cells: ReactNode[] }[]
}

export function PlainTable({ label, header, rows }: PlainTableProps) {
  return (
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {header.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...rest] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {rest.map((cell, place) => (
                <td key={header[place + 1]} className="c-figures">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function StudiesSection({ studies }: { studies: ValidationMetrics['studies'] }) {
  const { t } = useTranslation('validation')
  return (
    <Section title={t('report.studies')} count={studies.total} padded>
      <p className={classes.text}>
        {t('counts', { ...studies })}. {t('report.onlyEvaluated')}
      </p>
      {studies.left_out.length > 0 && (
        <PlainTable
          label={t('report.leftOut')}
          header={[t('report.leftOut'), t('report.why'), t('report.count'), t('report.lesionsIn')]}
          rows={studies.left_out.map((one) => ({
            key: `${one.state}:${one.code}`,
            cells: [
              t(`report.leftOutState.${one.state}`),
              `${one.reason} (${one.code})`,
              one.studies,
              one.lesions_unknown_in ? t('report.lesionsUnknown', { known: one.reference_lesions, unknown: one.lesions_unknown_in }) : one.reference_lesions,
            ],
          }))}
        />
      )}
    </Section>
  )
}

export function OverlapSection({ overlap }: { overlap: OverlapFigures }) {
  const { t } = useTranslation('validation')
  const spreads: [string, Spread, number][] = [
    [t('report.dice'), overlap.dice, 3],
    [t('report.hd95'), overlap.hd95_mm, 1],
    [t('report.surface'), overlap.mean_surface_mm, 2],
    [t('report.volume'), overlap.volume_error_ml, 2],
    [t('report.volumeRelative'), overlap.volume_error_relative, 3],
  ]
  const title = t('report.masks', { labels: overlap.labels.join(', ') })
  return (
    <Section title={title} padded>
      <p className={classes.text}>{t('report.masksCounts', { ...overlap })}</p>
      <div className={classes.charted}>
        <div>
          <PlainTable
            label={title}
            header={[t('report.measure'), t('report.median'), t('report.quartiles'), t('report.mean'), t('report.n')]}
            rows={[
              ...spreads.map(([name, spread, digits]) => ({
                key: name,
                cells: [name, figure(spread.median, digits), quartiles(spread, digits), interval(spread.mean, digits), spread.mean.n],
              })),
              { key: 'zero', cells: [t('report.diceZero'), '', '', interval(overlap.dice_missed_as_zero, 3), overlap.dice_missed_as_zero.n] },
            ]}
          />
        </div>
        <DiceChart histogram={overlap.dice_histogram} />
      </div>
    </Section>
  )
}

export function LesionSection({ detection }: { detection: ValidationMetrics['detection'] }) {
  const { t } = useTranslation('validation')
  const { froc } = detection
  const scans = (count: number) => t('report.inScans', { count, scans: detection.scans })
  return (
    <Section title={t('report.lesions')} count={detection.lesions} padded>
      <PlainTable
        label={t('report.lesions')}
        header={[t('report.measure'), t('report.counted'), t('report.value')]}
        rows={[
          { key: 'wilson', cells: [t('report.sensitivity'), t('report.ofCount', { part: detection.found, whole: detection.lesions }), interval(detection.sensitivity, 3)] },
          { key: 'case', cells: [t('report.sensitivityByCase'), '', interval(detection.sensitivity_by_case, 3)] },
          { key: 'false', cells: [t('report.falsePerScan'), scans(detection.false_positives), interval(detection.false_positives_per_scan, 2)] },
          { key: 'more', cells: [t('report.duplicates'), scans(detection.duplicates), ''] },
          { key: 'all', cells: [t('report.allFound'), detection.scans_with_lesions, interval(detection.scans_with_all_found, 3)] },
          { key: 'clean', cells: [t('report.clean'), detection.scans_without_lesions, interval(detection.scans_without_lesions_clean, 3)] },
        ]}
      />
      {froc.reason ? (
        <p className={classes.text}>{t(`report.noFroc.${froc.reason}`, { defaultValue: froc.reason })}</p>
      ) : (
        <div className={classes.charted}>
          <div>
            <p className={classes.text}>{t('report.cpm', { value: interval(froc.cpm, 3) })}</p>
            <PlainTable
              label={t('chart.froc')}
              header={[t('report.rate'), t('report.sensitivityShort'), t('report.note')]}
              rows={froc.rates.map((one) => ({ key: String(one.rate), cells: [one.rate, interval(one, 3), one.beyond ? t('report.beyond') : ''] }))}
            />
          </div>
          <FrocChart points={froc.points} />
        </div>
      )}
    </Section>
  )
}

export function CalibrationSection({ calibration }: { calibration: ValidationMetrics['calibration'] }) {
  const { t } = useTranslation('validation')
  if (!calibration.n) {
    return (
      <Section title={t('report.calibration')} padded>
        <p className={classes.text}>{t('report.noProbability')}</p>
      </Section>
    )
  }
  return (
    <Section title={t('report.calibration')} padded>
      <p className={classes.text}>{t('report.calibrationFigures', { n: calibration.n, ece: figure(calibration.ece, 3), brier: figure(calibration.brier, 3) })}</p>
      <div className={classes.charted}>
        <div>
          <PlainTable
            label={t('report.calibration')}
            header={[t('report.probability'), t('report.stated'), t('report.observed'), t('report.n')]}
            rows={calibration.bins.map((bin) => ({
              key: String(bin.from),
              cells: [`${bin.from.toFixed(1)} to ${bin.to.toFixed(1)}`, figure(bin.mean_probability, 3), interval(bin.observed, 3), bin.n],
            }))}
          />
        </div>
        <ReliabilityChart bins={calibration.bins} />
      </div>
    </Section>
  )
}

export function SubgroupSection({ metrics }: { metrics: ValidationMetrics }) {
  const { t } = useTranslation('validation')
  return (
    <Section title={t('report.subgroups')} padded>
      <PlainTable
        label={t('report.subgroups')}
        header={[t('report.group'), t('report.count'), t('report.sensitivityShort'), t('report.falsePerScan'), t('report.medianDice')]}
        rows={metrics.subgroups.map((group) => ({
          key: `${group.axis}:${group.value}`,
          cells: [
            `${t(`report.axis.${group.axis}`)}: ${group.value}`,
            group.is_suppressed ? t('report.suppressed', { count: metrics.smallest_group_shown }) : group.studies,
            interval(group.sensitivity, 3),
            interval(group.false_positives_per_scan, 2),
            figure(group.dice?.median, 3),
          ],
        }))}
      />
    </Section>
  )
}
