import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useTranslation } from 'react-i18next'

import { useCasePriors, useLinkStudy } from '@/api/cases'
import type { PriorStudy } from '@/api/types'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Case.module.css'

/** What a PACS holds of this patient and nobody has linked: offered, linked by a person. */
export function PriorStudies({ caseId }: { caseId: string }) {
  const { t } = useTranslation('cases')
  const priors = useCasePriors(caseId)
  const link = useLinkStudy(caseId)
  if (!priors.data?.length) return null
  const add = (prior: PriorStudy) =>
    link.mutate(
      { pacs: prior.pacs, study_instance_uid: prior.study_instance_uid },
      { onError: (error) => notifications.show({ message: <ProblemNotice problem={error} />, withBorder: false, p: 0 }) },
    )
  return (
    <details className={classes.priors}>
      <summary>
        {t('images.priors')} ({priors.data.length})
      </summary>
      <ul>
        {priors.data.map((prior) => {
          const name = prior.description || prior.modalities.join(' / ')
          return (
            <li key={prior.id} className={classes.prior}>
              <span className={classes.modality}>{prior.modalities.join(' ')}</span>
              <span>{name}</span>
              <span className={classes.dim}>
                {formatDate(prior.study_date)}
                {prior.instance_count !== null && ` · ${t('images.objects', { count: prior.instance_count })}`}
                {prior.is_here && ` · ${t('images.priorHere')}`}
              </span>
              <Button size="compact-xs" variant="default" loading={link.isPending} aria-label={t('images.linkPrior', { what: `${name} ${formatDate(prior.study_date)}` })} onClick={() => add(prior)}>
                {t('link.link')}
              </Button>
            </li>
          )
        })}
      </ul>
    </details>
  )
}
