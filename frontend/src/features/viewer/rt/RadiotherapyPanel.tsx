import { useTranslation } from 'react-i18next'

import { ProblemNotice } from '@/ui/ProblemNotice'
import type { Viewer } from '@/viewer/viewer'

import { DosePanel } from './DosePanel'
import { DvhPanel } from './DvhPanel'
import { PlanSummary } from './PlanSummary'
import { StructureList } from './StructureList'
import type { RtRoom } from './useRadiotherapy'
import classes from '../panels.module.css'

/** How many structures, doses and plans there are to show. */
export const radiotherapyCount = ({ objects }: RtRoom): number =>
  objects.structure_sets.reduce((sum, one) => sum + one.regions.length, 0) +
  objects.doses.length +
  objects.plans.length

interface RadiotherapyPanelProps {
  caseId: string
  rt: RtRoom
  viewer: Viewer
}

/** Structures, dose, histograms and plans of the case; all off until somebody asks. */
export function RadiotherapyPanel({ caseId, rt, viewer }: RadiotherapyPanelProps) {
  const { t } = useTranslation('radiotherapy')
  if (rt.problem !== null) {
    return <ProblemNotice problem={rt.problem.error} onRetry={rt.problem.retry} />
  }
  if (radiotherapyCount(rt) === 0) return <p className={classes.empty}>{t('none')}</p>
  return (
    <>
      <DosePanel rt={rt} viewer={viewer} />
      <StructureList rt={rt} viewer={viewer} />
      <DvhPanel caseId={caseId} rt={rt} />
      {rt.objects.plans.map((plan) => (
        <PlanSummary key={plan.id} plan={plan} structures={rt.objects.structure_sets} />
      ))}
    </>
  )
}
