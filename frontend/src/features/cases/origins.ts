import type { Series, Study } from '@/api/types'

/** Other PACS than the study's own that its images came from; none where they are the same. */
export function fetchedElsewhere(study: Study): string[] {
  const names = study.series.flatMap((series) => seriesElsewhere(study, series).map((origin) => origin.name))
  return [...new Set(names)].sort((a, b) => a.localeCompare(b))
}

/** The same of one series, with how many objects each gave. */
export function seriesElsewhere(study: Study, series: Series): Series['fetched_from'] {
  return series.fetched_from.filter((origin) => origin.name !== study.pacs_name)
}
