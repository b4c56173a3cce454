import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { DecisionText } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { wordFor } from '@/ui/format'

import own from './decision.module.css'

/** A decision as plain text, word for word; nothing in it is markup. */
export function SignedText({ text }: { text: DecisionText }) {
  const { t } = useTranslation('decisions')
  return (
    <div>
      {text.quorum === 'missing' && (
        <p>
          <Chip tone="warning" icon={<IconAlertTriangle size={13} aria-hidden />}>
            {t('willBeProvisional', { missing: disciplines(text.quorum_missing) })}
          </Chip>
        </p>
      )}
      <pre className={own.text} tabIndex={0} aria-label={t('textToSign')}>
        {text.body}
      </pre>
    </div>
  )
}

export const disciplines = (names: readonly string[]): string => names.map((name) => wordFor('discipline', name)).join(', ')
