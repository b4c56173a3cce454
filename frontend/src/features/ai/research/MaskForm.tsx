import { Button, Group, Radio, Select, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { MaskImport, MatchedLabel, NiftiMaskMatch, StackMatch } from '@/api/research'
import type { Study } from '@/api/types'
import { SEGMENT_TYPES } from '@/features/viewer/brush/segmentTypes'

import classes from './Research.module.css'
import { keyOf, stackName } from './words'

type Form = Pick<MaskImport, 'seriesUid' | 'stack' | 'madeBy' | 'name' | 'labels'>

interface MaskFormProps {
  study: Study
  fitting: readonly StackMatch[]
  found: NiftiMaskMatch
  isBusy: boolean
  onTake: (form: Form) => void
  onCancel: () => void
}

const LONGEST = 64
const WAYS = ['MANUAL', 'SEMIAUTOMATIC', 'AUTOMATIC'] as const

/** Which series where several fit, how it was made, and what each value of the mask is. */
export function MaskForm({ study, fitting, found, isBusy, onTake, onCancel }: MaskFormProps) {
  const { t } = useTranslation('research')
  const [only] = fitting.length === 1 ? fitting : []
  const [place, setPlace] = useState(only ? keyOf(only) : '')
  const [madeBy, setMadeBy] = useState<MaskImport['madeBy'] | ''>('')
  const [name, setName] = useState('')
  const [labels, setLabels] = useState<readonly MatchedLabel[]>(found.labels)
  const target = fitting.find((one) => keyOf(one) === place)
  const isNamed = labels.every((one) => one.label.trim() !== '')
  const isChanged = labels !== found.labels
  const change = (value: number, part: Partial<MatchedLabel>) =>
    setLabels(labels.map((one) => (one.value === value ? { ...one, ...part } : one)))
  const submit = () => {
    if (!target || madeBy === '') return
    onTake({ seriesUid: target.series_instance_uid, stack: target.stack, madeBy, name: name.trim(), labels: isChanged || !found.from_sidecar ? labels : null })
  }
  return (
    <Stack gap="sm">
      {only ? (
        <div role="status">{t('import.fits', { series: stackName(study, only) })}</div>
      ) : (
        <Radio.Group label={t('import.fitsSeveral', { count: fitting.length })} description={t('import.fitsSeveralHint')} value={place} onChange={setPlace}>
          <Stack gap={6} mt={6}>
            {fitting.map((one) => (
              <Radio key={keyOf(one)} value={keyOf(one)} label={stackName(study, one)} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      <Radio.Group
        label={t('import.madeBy')}
        value={madeBy}
        onChange={(value) => setMadeBy(value as MaskImport['madeBy'])}
        error={madeBy === 'AUTOMATIC' ? t('import.automatic') : undefined}
      >
        <Stack gap={6} mt={6}>
          {WAYS.map((value) => (
            <Radio key={value} value={value} label={t(`import.made.${value}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <TextInput label={t('import.name')} maxLength={LONGEST} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
        <legend className={classes.strong}>{t(found.from_sidecar ? 'import.labelsKnown' : 'import.labels')}</legend>
        <div className={classes.labels}>
          {labels.map((one) => (
            <LabelFields key={one.value} one={one} onChange={(part) => change(one.value, part)} />
          ))}
        </div>
      </fieldset>
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('common:action.cancel')}
        </Button>
        <Button disabled={!target || madeBy === '' || madeBy === 'AUTOMATIC' || !isNamed} loading={isBusy} onClick={submit}>
          {t('import.take')}
        </Button>
      </Group>
    </Stack>
  )
}

function LabelFields({ one, onChange }: { one: MatchedLabel; onChange: (part: Partial<MatchedLabel>) => void }) {
  const { t } = useTranslation('research')
  return (
    <>
      <span className={classes.value}>{t('import.value', { value: one.value })}</span>
      <TextInput
        aria-label={t('import.labelOf', { value: one.value })}
        maxLength={LONGEST}
        value={one.label}
        error={one.label.trim() === '' ? t('import.labelNeeded') : undefined}
        onChange={(event) => onChange({ label: event.currentTarget.value })}
      />
      <Select
        aria-label={t('import.typeOf', { value: one.value })}
        allowDeselect={false}
        searchable
        data={SEGMENT_TYPES.map((code) => ({ value: code, label: t(`brush:types.${code}`) }))}
        value={one.type}
        onChange={(type) => type && onChange({ type })}
      />
    </>
  )
}
