import { ActionIcon, Tooltip } from '@mantine/core'
import { IconChartHistogram } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { MeasuredSegment } from '@/api/radiomics'

import { RadiomicsDialog } from './RadiomicsDialog'

interface RadiomicsButtonProps {
  measured: MeasuredSegment
  label: string
  /** Nothing is painted yet. */
  isEmpty?: boolean
  /** AI, and nobody answers for it: said with the values. */
  isUnreviewed?: boolean
}

/** Opens the radiomics of one segment, as it is now. */
export function RadiomicsButton({ measured, label, isEmpty = false, isUnreviewed = false }: RadiomicsButtonProps) {
  const { t } = useTranslation('radiomics')
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Tooltip label={isEmpty ? t('empty') : t('open', { label })}>
        <ActionIcon variant="subtle" color="gray" size={26} aria-label={t('open', { label })} disabled={isEmpty} onClick={() => setOpen(true)}>
          <IconChartHistogram size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {isOpen && <RadiomicsDialog measured={measured} label={label} isUnreviewed={isUnreviewed} onClose={() => setOpen(false)} />}
    </>
  )
}
