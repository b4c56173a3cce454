import { IconAlertTriangle, IconCircleCheck, IconMinus } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { DriftFeature, MonitoringDrift } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate } from '@/ui/format'

import classes from './Monitoring.module.css'

/** How far inputs and scores of late are from the reference, and how far chance alone would go. */
export function DriftTable({ drift }: { drift: MonitoringDrift }) {
  const { t } = useTranslation('monitoring')
  const when = { from: formatDate(drift.recent.starts_on), to: formatDate(drift.recent.ends_on) }
  const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits))
  return (
    <div className={classes.padded}>
      <p>{t(`drift.source.${drift.reference}`, { words: drift.words, n: drift.reference_runs })}</p>
      {drift.reference !== 'none' && (
        <>
          <p className={classes.dim}>{drift.recent_runs === null ? t('drift.fewRecent', when) : t('drift.recent', { ...when, n: drift.recent_runs })}</p>
          <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('drift.table')}>
            <table className={`${classes.table} c-figures`}>
              <thead>
                <tr>
                  <th scope="col">{t('drift.feature')}</th>
                  <th scope="col">{t('drift.state')}</th>
                  <th scope="col">{t('drift.psi')}</th>
                  <th scope="col">{t('drift.chance')}</th>
                  <th scope="col">{t('drift.ks')}</th>
                  <th scope="col">{t('drift.n')}</th>
                </tr>
              </thead>
              <tbody>
                {drift.features.map((feature) => (
                  <tr key={feature.name} data-feature={feature.name} data-state={feature.state}>
                    <th scope="row">{t(`feature.${feature.name}`)}</th>
                    <td>
                      <DriftState state={feature.state} />
                    </td>
                    <td>{number(feature.psi, 2)}</td>
                    <td>{number(feature.psi_by_chance, 2)}</td>
                    <td>{feature.ks === null ? '–' : t('drift.ksValue', { d: number(feature.ks, 2), p: feature.ks_p !== null && feature.ks_p < 0.001 ? '< 0.001' : number(feature.ks_p, 3) })}</td>
                    <td>{feature.n === null ? '–' : `${feature.reference_n} / ${feature.n}`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className={classes.hint}>{t('drift.reading', { warn: drift.warn_from, act: drift.act_from })}</p>
        </>
      )}
    </div>
  )
}

const LOOKS = {
  steady: { tone: 'ok', Icon: IconCircleCheck },
  warn: { tone: 'warning', Icon: IconAlertTriangle },
  act: { tone: 'urgent', Icon: IconAlertTriangle },
  too_few: { tone: 'neutral', Icon: IconMinus },
} as const

function DriftState({ state }: { state: DriftFeature['state'] }) {
  const { t } = useTranslation('monitoring')
  const { tone, Icon } = LOOKS[state]
  return (
    <Chip tone={tone} icon={<Icon size={13} aria-hidden />}>
      {t(`driftState.${state}`)}
    </Chip>
  )
}
