import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import type { LesionBody } from '@/protocol/generated'

import { useSiteWords } from '../useSiteWords'

interface LesionWords {
  /** "T1": never by colour alone. */
  readonly codeOf: (lesion: LesionBody) => string
  /** "T1 · Liver". */
  readonly nameOf: (lesion: LesionBody) => string
}

export function useLesionWords(): LesionWords {
  const { t } = useTranslation('lesions')
  const sites = useSiteWords()
  return useMemo(() => {
    const codeOf = ({ role, number }: LesionBody): string => t(`code.${role ?? 'unset'}`, { number })
    return {
      codeOf,
      nameOf: (lesion) =>
        [codeOf(lesion), sites.wordOf(lesion.site) || lesion.label]
          .filter((word) => word !== '')
          .join(' · '),
    }
  }, [t, sites])
}
