import { useTranslation } from 'react-i18next'

import type { Hanging } from '@/api/hangings'

/** A built-in protocol has its name in the catalogue, a saved one its own. */
export function useHangingName(): (hanging: Hanging) => string {
  const { t } = useTranslation('hanging')
  return (hanging) =>
    hanging.name || t(`builtin.${hanging.key}` as 'builtin.single', { defaultValue: hanging.key })
}
