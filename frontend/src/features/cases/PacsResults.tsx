import { Button } from '@mantine/core'
import { IconCheck, IconUserExclamation } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { PacsStudy } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate, formatPatientName, wordFor } from '@/ui/format'

import classes from './Case.module.css'
import searchClasses from './PacsSearch.module.css'

interface PacsResultsProps {
  studies: PacsStudy[]
  /** Names who holds each study: where there is more than one PACS. */
  showPacs: boolean
  linkedUids: Set<string>
  busyUid: string | null
  onLink: (study: PacsStudy) => void
}

export function PacsResults({ studies, showPacs, linkedUids, busyUid, onLink }: PacsResultsProps) {
  const { t } = useTranslation('cases')
  return (
    <div className={classes.verdicts}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('link.column.date')}</th>
            <th scope="col">{t('link.column.study')}</th>
            <th scope="col">{t('link.column.patient')}</th>
            <th scope="col">{t('link.column.size')}</th>
            {showPacs && <th scope="col">{t('link.column.pacs')}</th>}
            <th scope="col">
              <span className="c-visually-hidden">{t('link.link')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {studies.map((study) => (
            <tr key={study.study_instance_uid} data-study={study.study_instance_uid}>
              <td className={classes.dim}>{formatDate(study.study_date)}</td>
              <td>
                {study.modalities.map((modality) => (
                  <span key={modality} className={classes.modality} style={{ marginRight: 4 }}>
                    {modality}
                  </span>
                ))}{' '}
                {study.description}
              </td>
              <td>
                <div>{formatPatientName(study.patient_name)}</div>
                <div className={classes.dim}>
                  {[study.patient_id, formatDate(study.birth_date), wordFor('sex', study.sex)].join(' · ')}
                </div>
              </td>
              <td className={classes.dim}>
                {t('link.counts', { series: study.series_count ?? '?', instances: study.instance_count ?? '?' })}
              </td>
              {showPacs && (
                <td>
                  <Holders study={study} />
                </td>
              )}
              <td>
                {linkedUids.has(study.study_instance_uid) ? (
                  <Chip tone="ok" icon={<IconCheck size={13} aria-hidden />}>
                    {t('link.linked')}
                  </Chip>
                ) : (
                  <Button size="xs" loading={busyUid === study.study_instance_uid} disabled={busyUid !== null} onClick={() => onLink(study)}>
                    {t('link.link')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Who holds the study, in the order they are asked; what one says differently is said. */
function Holders({ study }: { study: PacsStudy }) {
  const { t } = useTranslation('cases')
  return (
    <ul className={searchClasses.holders}>
      {study.held_by.map((holder) => (
        <li key={holder.pacs}>
          {holder.name}
          {holder.instance_count !== study.instance_count && (
            <span className={classes.dim}> · {holder.instance_count === null ? t('link.countUnknown') : t('images.objects', { count: holder.instance_count })}</span>
          )}{' '}
          {!holder.is_same_patient && (
            <Chip tone="warning" icon={<IconUserExclamation size={13} aria-hidden />} hint={t('link.otherPatientHint')}>
              {t('link.otherPatient')}
            </Chip>
          )}
        </li>
      ))}
    </ul>
  )
}
