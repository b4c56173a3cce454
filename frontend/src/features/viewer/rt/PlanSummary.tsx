import { useTranslation } from 'react-i18next'

import type { RtPlan, StructureSet } from '@/api/types'
import { formatDate } from '@/ui/format'

import { RtProblems } from './RtProblems'
import classes from '../panels.module.css'

interface PlanSummaryProps {
  plan: RtPlan
  structures: readonly StructureSet[]
}

/** What a plan prescribes, in how many fractions, by which beams. */
export function PlanSummary({ plan, structures }: PlanSummaryProps) {
  const { t } = useTranslation('radiotherapy')
  const nameOf = (number: number | null): string =>
    structures.flatMap((set) => set.regions).find((region) => region.number === number)?.name ?? ''
  const name = plan.label || plan.description || t('plan.untitled')
  const approval = plan.approval && t(`approval.${plan.approval}`, { defaultValue: plan.approval })
  return (
    <section className={classes.segmentation} aria-label={name} data-plan={plan.id}>
      <header className={classes.segmentationHead}>
        <span className={classes.rowText}>
          <span className={classes.strong}>{t('plan.title', { name })}</span>
          <span className={classes.dim}>
            {[formatDate(plan.date), plan.intent, approval].filter(Boolean).join(' · ')}
          </span>
        </span>
      </header>
      <RtProblems problems={plan.problems} />
      <ul className={classes.rtFacts}>
        {plan.prescriptions.map((one, index) => (
          <li key={index}>
            {[
              one.type && t(`target.${one.type}`, { defaultValue: one.type }),
              one.description || nameOf(one.roi_number),
              one.dose_gy === null ? t('plan.noDose') : t('plan.dose', { gy: one.dose_gy }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </li>
        ))}
        {plan.fraction_groups.map((group, index) => (
          <li key={index}>
            {[
              group.fractions !== null && t('plan.fractions', { count: group.fractions }),
              group.dose_per_fraction_gy !== null &&
                t('plan.perFraction', { gy: Number(group.dose_per_fraction_gy.toFixed(3)) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </li>
        ))}
        {plan.beams.map((beam, index) => (
          <li key={index}>
            {[
              t('plan.beam', { name: beam.name || String(beam.number ?? '') }),
              beam.radiation && t(`radiation.${beam.radiation}`, { defaultValue: beam.radiation }),
              beam.energy !== null &&
                t(beam.radiation === 'PHOTON' ? 'plan.megavolt' : 'plan.megaelectronvolt', {
                  energy: beam.energy,
                }),
              beam.gantry_start_deg !== null && t('plan.gantry', { deg: gantryWords(beam) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </li>
        ))}
      </ul>
    </section>
  )
}

const gantryWords = ({ gantry_start_deg, gantry_end_deg }: RtPlan['beams'][number]): string =>
  gantry_end_deg === null || gantry_end_deg === gantry_start_deg
    ? `${gantry_start_deg}°`
    : `${gantry_start_deg}° – ${gantry_end_deg}°`
