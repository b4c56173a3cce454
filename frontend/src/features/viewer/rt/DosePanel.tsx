import { NumberInput, SegmentedControl, Switch, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Dose } from '@/api/types'
import { doseId } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

import { levelsFrom, levelsText } from './levels'
import { openLook } from './openDose'
import { RtProblems } from './RtProblems'
import { isShowable, type RtRoom } from './useRadiotherapy'
import { useRtLook } from './useRtLook'
import classes from '../panels.module.css'

interface DosePanelProps {
  rt: RtRoom
  viewer: Viewer
}

/** The doses of the case, one of them on the pictures at a time. */
export function DosePanel({ rt, viewer }: DosePanelProps) {
  const { t } = useTranslation('radiotherapy')
  const { doses, plans } = rt.objects
  return doses.map((dose) => {
    const id = doseId(dose.id)
    const isShown = rt.shown.has(id)
    const words = [
      dose.summation && t(`summation.${dose.summation}`, { defaultValue: dose.summation }),
      dose.maximum_gy !== null && t('dose.maximum', { gy: dose.maximum_gy.toFixed(2) }),
    ]
    const prescription = plans.find((plan) => plan.id === dose.plan)?.prescription_gy ?? null
    return (
      <section
        key={dose.id}
        className={classes.segmentation}
        aria-label={dose.description || t('dose.untitled')}
        data-dose={dose.id}
      >
        <header className={classes.segmentationHead}>
          <span className={classes.rowText}>
            <span className={classes.strong}>{dose.description || t('dose.untitled')}</span>
            <span className={classes.dim}>{words.filter(Boolean).join(' · ')}</span>
          </span>
          <Switch
            size="xs"
            checked={isShown}
            disabled={!isShowable(dose)}
            aria-label={t('dose.show', { name: dose.description || t('dose.untitled') })}
            onChange={(event) => {
              const on = event.currentTarget.checked
              rt.show(doses.map((one) => doseId(one.id)), false)
              if (on) openLook(viewer, dose, prescription, t('dose.word'))
              rt.show([id], on)
            }}
          />
        </header>
        <RtProblems problems={dose.problems} />
        {rt.failed.has(id) && (
          <p className={classes.tileWarning} role="alert">
            <IconAlertTriangle size={13} aria-hidden /> {t('dose.failed')}
          </p>
        )}
        {isShown && <DoseLook viewer={viewer} dose={dose} prescription={prescription} />}
      </section>
    )
  })
}

interface DoseLookProps {
  viewer: Viewer
  dose: Dose
  prescription: number | null
}

function DoseLook({ viewer, dose, prescription }: DoseLookProps) {
  const { t } = useTranslation('radiotherapy')
  const [look, setLook] = useRtLook(viewer)
  const [typed, setTyped] = useState<string | null>(null)
  const reference = prescription ?? dose.maximum_gy ?? 0
  const inPercent = look.reference_gy !== null
  const text = typed ?? levelsText(look.levels_gy, look.reference_gy)
  const isWrong = levelsFrom(text, look.reference_gy) === null
  return (
    <div className={classes.rtDose}>
      <SegmentedControl
        size="xs"
        fullWidth
        value={inPercent ? 'percent' : 'gy'}
        aria-label={t('dose.measure')}
        onChange={(value) => {
          setTyped(null)
          setLook({ reference_gy: value === 'gy' ? null : reference })
        }}
        data={[
          {
            value: 'percent',
            label: t(prescription === null ? 'dose.ofMaximum' : 'dose.ofPrescription', {
              gy: Number(reference.toFixed(2)),
            }),
          },
          { value: 'gy', label: t('dose.gray') },
        ]}
      />
      <TextInput
        size="xs"
        label={t(inPercent ? 'dose.levelsPercent' : 'dose.levelsGy')}
        value={text}
        error={isWrong && t('dose.levelsWrong')}
        onChange={(event) => {
          const value = event.currentTarget.value
          const levels = levelsFrom(value, look.reference_gy)
          setTyped(value)
          if (levels !== null) setLook({ levels_gy: levels })
        }}
        onBlur={() => !isWrong && setTyped(null)}
      />
      <NumberInput
        size="xs"
        label={t('dose.lower')}
        min={0}
        max={dose.maximum_gy ?? undefined}
        step={1}
        decimalScale={2}
        value={look.lower_gy}
        onChange={(value) => typeof value === 'number' && setLook({ lower_gy: value })}
      />
    </div>
  )
}
