import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

import type { Action } from './keyboard'

/** The name of an action, whichever catalogue has it. */
export function useActionName(): (action: Action) => string {
  const { t } = useTranslation(['viewer', 'tools', 'replay', 'presence', 'lesions'])
  return useCallback(
    (action) =>
      t([
        `viewer:keys.${action}`,
        `tools:keys.${action}`,
        `replay:keys.${action}`,
        `presence:keys.${action}`,
        `lesions:keys.${action}`,
      ]),
    [t],
  )
}
