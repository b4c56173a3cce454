import { IconAlertTriangle, IconCheck, IconClock, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { ImportFile } from '@/api/types'
import { Chip, type Tone } from '@/ui/Chip'
import { wordFor } from '@/ui/format'

import classes from './Case.module.css'

const VERDICTS: Record<ImportFile['verdict'], { tone: Tone; icon: typeof IconCheck; rank: number }> = {
  rejected: { tone: 'urgent', icon: IconAlertTriangle, rank: 0 },
  pending: { tone: 'neutral', icon: IconClock, rank: 1 },
  duplicate: { tone: 'neutral', icon: IconCopy, rank: 2 },
  stored: { tone: 'ok', icon: IconCheck, rank: 3 },
}

const ROWS_SHOWN = 500

export function ImportVerdicts({ files }: { files: ImportFile[] }) {
  const { t } = useTranslation('cases')
  const count = (verdict: ImportFile['verdict']) => files.filter((file) => file.verdict === verdict).length
  // What went wrong comes first: it is what somebody has to act upon.
  const sorted = [...files].sort((a, b) => VERDICTS[a.verdict].rank - VERDICTS[b.verdict].rank)
  return (
    <div>
      <p role="status">
        {t('import.done', { stored: count('stored'), duplicate: count('duplicate'), rejected: count('rejected') })}
      </p>
      <div className={classes.verdicts} tabIndex={0} role="region" aria-label={t('import.title')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('import.column.verdict')}</th>
              <th scope="col">{t('import.column.file')}</th>
              <th scope="col">{t('import.column.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, ROWS_SHOWN).map((file, index) => {
              const { tone, icon: Icon } = VERDICTS[file.verdict]
              return (
                <tr key={`${file.name}-${index}`}>
                  <td>
                    <Chip tone={tone} icon={<Icon size={13} aria-hidden />}>
                      {wordFor('verdict', file.verdict)}
                    </Chip>
                  </td>
                  <td className={classes.fileName}>{file.name}</td>
                  <td>{file.reason}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </div>
  )
}
