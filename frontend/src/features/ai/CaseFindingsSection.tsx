import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { useStudies } from '@/api/cases'
import { jobsKnown, useFindings, useJobs } from '@/api/findings'
import type { CaseDetail } from '@/api/types'
import { AiMark } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import { AiHiddenNote } from './AiHiddenNote'
import { FindingsPanel } from './FindingsPanel'
import { findingUrl } from './links'
import { CasePetBurden } from './pet/PetBurden'
import { isOpen } from './review'
import { CaseStructureSets } from './structure-sets/CaseStructureSets'
import { useFindingReview } from './useFindingReview'

export function CaseFindingsSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('ai')
  const navigate = useNavigate()
  const findings = useFindings({ case: entry.id })
  const jobs = useJobs(entry.id)
  const studies = useStudies(entry.id)
  const review = useFindingReview(entry.can)
  const unreviewed = (findings.data ?? []).filter(isOpen).length
  return (
    <Section
      title={t('cases:findings.title')}
      count={entry.ai_hidden ? undefined : findings.data?.length}
      id="findings"
      actions={unreviewed > 0 && <AiMark count={unreviewed} />}
    >
      {entry.ai_hidden && <AiHiddenNote />}
      {findings.error && !findings.data && <ProblemNotice problem={findings.error} onRetry={() => void findings.refetch()} />}
      {!findings.data && !findings.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {findings.data && !entry.ai_hidden && (
        <FindingsPanel
          findings={findings.data}
          jobs={jobsKnown(jobs)}
          studies={studies.data ?? []}
          review={review}
          onShow={(finding) => void navigate(findingUrl(entry.id, finding))}
        />
      )}
      {findings.data && !entry.ai_hidden && <CasePetBurden caseId={entry.id} findings={findings.data} />}
      {findings.data && !entry.ai_hidden && <CaseStructureSets caseId={entry.id} findings={findings.data} />}
    </Section>
  )
}
