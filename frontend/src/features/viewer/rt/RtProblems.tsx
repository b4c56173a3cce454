import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StructureSet } from '@/api/types'

import classes from '../panels.module.css'

/** What keeps an object, or a part of it, from being shown. */
export function RtProblems({ problems }: { problems: StructureSet['problems'] }) {
  const { t } = useTranslation('radiotherapy')
  return problems.map((problem) => (
    <p
      key={problem.code}
      className={problem.severity === 'note' ? classes.segmentationNote : classes.tileWarning}
      role={problem.severity === 'error' ? 'alert' : undefined}
    >
      {problem.severity === 'note' ? (
        <IconInfoCircle size={13} aria-hidden />
      ) : (
        <IconAlertTriangle size={13} aria-hidden />
      )}{' '}
      {t(`problem.${problem.code}`, { defaultValue: problem.message })}
    </p>
  ))
}
