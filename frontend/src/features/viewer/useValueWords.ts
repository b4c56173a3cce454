import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import type { ValueWords } from './measurementWords'

/** The catalogue's words for measured values. */
export function useValueWords(): Required<ValueWords> {
  const { t } = useTranslation(['tools', 'viewer'])
  return useMemo(
    () => ({
      basis: (basis) => t(`viewer:basis.${basis}`),
      problem: (code) => t(`tools:problem.${code}`, { defaultValue: code }),
      mean: t('tools:value.mean'),
      range: t('tools:value.range'),
      pixels: t('tools:value.pixels'),
      stored: t('tools:value.stored'),
    }),
    [t],
  )
}
