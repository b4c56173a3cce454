import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { isSite, SITES } from './sites'

interface SiteWords {
  readonly all: string[]
  /** As people read it. */
  readonly wordOf: (site: string) => string
  /** As it is kept: the code of a site on the list, or a person's own words. */
  readonly siteOf: (word: string) => string
}

export function useSiteWords(): SiteWords {
  const { t } = useTranslation('tools')
  return useMemo(() => {
    const words = new Map(SITES.map((site) => [t(`site.${site}`), site as string]))
    return {
      all: [...words.keys()],
      wordOf: (site) => (isSite(site) ? t(`site.${site}`) : site),
      siteOf: (word) => words.get(word.trim()) ?? word.trim(),
    }
  }, [t])
}
