import type { Finding } from '@/api/types'

/** The viewer, on the series in which a finding lies, with the finding in view. */
export function findingUrl(caseId: string, finding: Finding): string {
  const parameters = new URLSearchParams({
    study: finding.study_instance_uid,
    series: finding.series_instance_uid,
    finding: finding.id,
  })
  return `/cases/${caseId}/view?${parameters}`
}
