import { Tooltip } from '@mantine/core'
import { IconEyeOff, IconFlag3Filled, IconPhotoOff, IconPlugConnectedX, IconSparkles, IconTestPipe } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { CaseListEntry, Guise, PersonRef } from '@/api/types'

import { Chip } from './Chip'
import classes from './clinical.module.css'
import { ageYears, formatDate, formatPatientName, formatTime, wordFor } from './format'
import { initials, personColour } from './people'

type Images = CaseListEntry['images']

/** "n of m" images here, by the PACS's own counts, with the share drawn beside it. */
export function ImagesMeter({ images }: { images: Images }) {
  const { t } = useTranslation()
  const sentence = useImagesSentence(images)
  if (images.total === 0) {
    return (
      <span className={`${classes.meter} ${classes.dim}`}>
        <IconPhotoOff size={14} aria-hidden /> {t('images.none')}
      </span>
    )
  }
  // Before the first object is counted, the studies are.
  const counted = images.objects_total > 0
  const ready = counted ? images.objects_ready : images.ready
  const total = counted ? images.objects_total : images.total
  return (
    <Tooltip label={sentence} multiline maw={320}>
      <span className={`${classes.meter} c-figures`}>
        <span className={classes.track} aria-hidden>
          <div className={`${classes.fill} ${ready === total ? classes.full : ''}`} style={{ width: `${(ready / total) * 100}%` }} />
        </span>
        {t('images.meter', { ready, total })}
        {images.state === 'unreachable' && <IconPlugConnectedX size={14} className={classes.away} role="img" aria-label={sentence} />}
      </span>
    </Tooltip>
  )
}

/** How complete a case's images are, in a sentence. */
export function useImagesSentence(images: Images): string {
  const { t } = useTranslation()
  if (images.state === 'none') return t('images.none')
  if (images.objects_total === 0) return t('images.hint', { ready: images.ready, total: images.total })
  return t(`images.${images.state}`, {
    ready: images.objects_ready,
    total: images.objects_total,
    since: formatTime(images.unreachable_since),
  })
}

export function UrgencyChip({ urgency, reason }: { urgency: string; reason?: string }) {
  if (!urgency || urgency === 'routine') return null
  return (
    <Chip tone={urgency === 'soon' ? 'warning' : 'urgent'} icon={<IconFlag3Filled size={12} aria-hidden />} hint={reason}>
      {wordFor('urgency', urgency)}
    </Chip>
  )
}

/** The one mark of something a machine said; hatched while nobody has reviewed it. */
export function AiMark({ reviewed = false, count }: { reviewed?: boolean; count?: number }) {
  const { t } = useTranslation()
  return (
    <Chip tone="ai" hatched={!reviewed} icon={<IconSparkles size={13} aria-hidden />} hint={count === undefined ? undefined : t('ai.unreviewedCount', { count })}>
      {count ?? (reviewed ? t('ai.mark') : t('ai.unreviewed'))}
    </Chip>
  )
}

/** The case's unreviewed findings, or that they are hidden: an empty place would say "none". */
export function CaseAiMark({ entry }: { entry: { findings_unreviewed: number | null; ai_hidden: boolean } }) {
  const { t } = useTranslation('reveal')
  if (entry.ai_hidden) {
    return (
      <Chip tone="neutral" icon={<IconEyeOff size={13} aria-hidden />} hint={t('hint')}>
        {t('mark')}
      </Chip>
    )
  }
  return (entry.findings_unreviewed ?? 0) > 0 ? <AiMark count={entry.findings_unreviewed ?? 0} /> : null
}

export function SyntheticMark() {
  const { t } = useTranslation()
  return (
    <Chip tone="neutral" icon={<IconTestPipe size={12} aria-hidden />} hint={t('synthetic.hint')}>
      {t('synthetic.label')}
    </Chip>
  )
}

export function PersonBadge({ person, role, size = 24 }: { person: PersonRef; role?: string; size?: number }) {
  const subtitle = role ?? wordFor('discipline', person.discipline)
  return (
    <span className={classes.person}>
      <PersonDot person={person} size={size} />
      <span className={classes.personText}>
        <div className={classes.personName}>{person.display_name}</div>
        <div className={classes.personRole}>{subtitle}</div>
      </span>
    </span>
  )
}

export function PersonDot({ person, size = 24 }: { person: PersonRef; size?: number }) {
  return (
    <span
      className={classes.avatar}
      style={{ '--person': personColour(person), width: size, height: size } as React.CSSProperties}
      title={person.display_name}
      aria-hidden
    >
      {initials(person.display_name)}
    </span>
  )
}

export function GuiseChip({ guise }: { guise: Guise | string }) {
  const { t } = useTranslation()
  if (guise !== 'deidentified') return null
  return (
    <Chip tone="accent" icon={<IconEyeOff size={13} aria-hidden />} hint={t('patient.deidentifiedHint')}>
      {t('patient.deidentified')}
    </Chip>
  )
}

interface PatientFacts {
  birth_date: string | null
  birth_year?: number | null
  sex: string
}

interface ShownPatient extends PatientFacts {
  name: string
  patient_id: string
  issuer?: string
}

/** Sex, age and birth date of a patient, as far as this guise knows them. */
export function usePatientFacts(patient: PatientFacts): string {
  const { t } = useTranslation()
  const age = ageYears(patient.birth_date)
  return [
    wordFor('sex', patient.sex),
    age !== null && t('patient.age', { age }),
    patient.birth_date && t('patient.born', { date: formatDate(patient.birth_date) }),
    !patient.birth_date && patient.birth_year && t('patient.bornYear', { year: patient.birth_year }),
  ]
    .filter(Boolean)
    .join(' · ')
}

export function PatientLine({ patient, stacked = false }: { patient: ShownPatient; stacked?: boolean }) {
  const { t } = useTranslation()
  const facts = usePatientFacts(patient)
  const age = ageYears(patient.birth_date)
  const short = [wordFor('sex', patient.sex), age !== null && t('patient.age', { age }), patient.patient_id]
    .filter(Boolean)
    .join(' · ')
  return (
    <span className={stacked ? classes.stack : classes.patient}>
      <span className={classes.patientName} data-testid="patient-name">
        {formatPatientName(patient.name)}
      </span>
      <span className={classes.facts}>{stacked ? short : facts}</span>
      {!stacked && (
        <span className={classes.facts} title={patient.issuer ? t('patient.issuer', { issuer: patient.issuer }) : undefined}>
          {t('patient.id', { id: patient.patient_id })}
        </span>
      )}
    </span>
  )
}
