import { Button, NumberInput, Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { RadiomicsAsked } from '@/api/radiomics'

import classes from './Radiomics.module.css'

type Bins = 'number' | 'size'
type Typed = number | string

const FEWEST_BINS = 2
const MOST_BINS = 256
const FINEST_MM = 0.3
const COARSEST_MM = 20

/** An empty field asks for nothing. */
const asNumber = (typed: Typed): number | null => (typeof typed === 'number' ? typed : null)

interface SettingsFormProps {
  initial: RadiomicsAsked
  isBusy: boolean
  onMeasure: (asked: RadiomicsAsked) => void
}

/** What a person chooses; the modality decides the rest. */
export function SettingsForm({ initial, isBusy, onMeasure }: SettingsFormProps) {
  const { t } = useTranslation('radiomics')
  const [bins, setBins] = useState<Bins>('number')
  const [binNumber, setBinNumber] = useState<Typed>(initial.bin_number ?? '')
  const [binSize, setBinSize] = useState<Typed>('')
  const [low, setLow] = useState<Typed>('')
  const [high, setHigh] = useState<Typed>('')
  const [spacing, setSpacing] = useState<Typed>('')
  const isSize = bins === 'size'
  const isOrdered = asNumber(low) === null || asNumber(high) === null || Number(low) < Number(high)
  const isReady = asNumber(isSize ? binSize : binNumber) !== null && isOrdered
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!isReady) return
        onMeasure({
          bin_number: isSize ? null : asNumber(binNumber),
          bin_size: isSize ? asNumber(binSize) : null,
          range_low: asNumber(low),
          range_high: asNumber(high),
          spacing_mm: asNumber(spacing),
        })
      }}
    >
      <Select
        size="xs"
        label={t('form.levels')}
        allowDeselect={false}
        data={[
          { value: 'number', label: t('form.byNumber') },
          { value: 'size', label: t('form.bySize') },
        ]}
        value={bins}
        onChange={(value) => value && setBins(value as Bins)}
      />
      {isSize ? (
        <NumberInput size="xs" label={t('form.binSize')} min={0.000001} max={1_000_000} value={binSize} onChange={setBinSize} />
      ) : (
        <NumberInput size="xs" label={t('form.binNumber')} min={FEWEST_BINS} max={MOST_BINS} allowDecimal={false} value={binNumber} onChange={setBinNumber} />
      )}
      <NumberInput size="xs" label={t('form.low')} placeholder={t('form.all')} value={low} onChange={setLow} />
      <NumberInput size="xs" label={t('form.high')} placeholder={t('form.all')} value={high} error={isOrdered ? undefined : t('form.disordered')} onChange={setHigh} />
      <NumberInput size="xs" label={t('form.spacing')} placeholder={t('form.asIs')} min={FINEST_MM} max={COARSEST_MM} value={spacing} onChange={setSpacing} />
      <Button size="xs" type="submit" disabled={!isReady} loading={isBusy}>
        {t('form.measure')}
      </Button>
    </form>
  )
}
