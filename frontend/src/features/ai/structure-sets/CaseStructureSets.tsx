import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'

import classes from './StructureSets.module.css'
import { StudyStructureSets } from './StudyStructureSets'

interface CaseStructureSetsProps {
  caseId: string
  findings: readonly Finding[]
}

/** Accepted findings with a place on the images, on their way to radiotherapy planning. */
export function CaseStructureSets({ caseId, findings }: CaseStructureSetsProps) {
  const { t } = useTranslation('structuresets')
  const accepted = findings.filter((finding) => finding.state === 'accepted' && finding.mask_url)
  if (accepted.length === 0) return null
  const studies = [...new Set(accepted.map((finding) => finding.study_instance_uid))]
  return (
    <section className={classes.panel} aria-labelledby="structure-sets">
      <h3 className={classes.title} id="structure-sets">
        {t('title')}
      </h3>
      <p className={classes.dim}>{t('hint')}</p>
      {studies.map((uid) => (
        <StudyStructureSets
          key={uid}
          caseId={caseId}
          studyUid={uid}
          accepted={accepted.filter((finding) => finding.study_instance_uid === uid).length}
        />
      ))}
    </section>
  )
}
