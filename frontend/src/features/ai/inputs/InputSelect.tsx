import { Select } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { InputCandidate, InputProposal } from '@/api/inputs'
import type { Series, Study } from '@/api/types'

import classes from './Inputs.module.css'

interface InputSelectProps {
  study: Study
  input: InputProposal
  value: string | null
  /** Another input has this series too. */
  isShared: boolean
  onChange: (seriesUid: string) => void
}

/** One input: the series that the model's rules choose and why; another that fits can be taken. */
export function InputSelect({ study, input, value, isShared, onChange }: InputSelectProps) {
  const { t } = useTranslation('inputs')
  const nameOf = (one: InputCandidate): string => seriesName(study.series.find(({ series_instance_uid }) => series_instance_uid === one.series_instance_uid), one)
  const current = input.candidates.find((one) => one.series_instance_uid === value)
  const isOwn = value !== null && value !== input.proposed
  const fitting = input.candidates.filter((one) => one.fits).length
  const why = isOwn ? t('why.own', { name: proposedName(input, nameOf) }) : t(`why.${input.why}`, { count: fitting, left: input.candidates.length - fitting })
  return (
    <div>
      <Select
        label={input.role === '' ? t('series') : input.label || input.role}
        description={why}
        placeholder={t(fitting === 0 ? 'noneFits' : 'choose')}
        allowDeselect={false}
        searchable
        value={value}
        error={isShared ? t('shared') : undefined}
        data={input.candidates.map((one) => ({ value: one.series_instance_uid, label: nameOf(one), disabled: !one.fits }))}
        renderOption={({ option }) => {
          const one = input.candidates.find(({ series_instance_uid }) => series_instance_uid === option.value)
          const said = one?.refusal ?? one?.out_of_scope
          return (
            <div>
              {option.label}
              {said && <div className={classes.reason}>{one?.refusal ? said.message : t('outOfScope', { reason: said.message })}</div>}
            </div>
          )
        }}
        onChange={(uid) => uid && onChange(uid)}
      />
      {current?.out_of_scope && (
        <p className={classes.warning}>
          <IconAlertTriangle size={14} aria-hidden /> {t('willRefuse', { reason: current.out_of_scope.message })}
        </p>
      )}
      {fitting === 0 && input.candidates.length > 0 && (
        <ul className={classes.reasons} aria-label={t('whyNone')}>
          {input.candidates.map((one) => (
            <li key={one.series_instance_uid}>
              {nameOf(one)}: {one.refusal?.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** "3 · MR · t1 mprage (176)": number, what it is, how many images. */
function seriesName(series: Series | undefined, one: InputCandidate): string {
  if (!series) return one.series_instance_uid
  const words = [series.number, series.modality, series.description].filter((word) => word !== null && word !== '')
  return `${words.join(' · ')} (${series.frame_count || series.instance_count})`
}

function proposedName({ proposed, candidates }: InputProposal, nameOf: (one: InputCandidate) => string): string {
  const one = candidates.find(({ series_instance_uid }) => series_instance_uid === proposed)
  return one ? nameOf(one) : '–'
}
