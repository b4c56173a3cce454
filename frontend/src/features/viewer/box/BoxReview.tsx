import { Button, NumberInput } from '@mantine/core'
import { IconBox, IconCheck, IconRestore } from '@tabler/icons-react'
import { useEffect, useReducer } from 'react'
import { useTranslation } from 'react-i18next'

import type { AmendedBox } from '@/api/findings'
import type { Finding } from '@/api/types'
import { edgesOf_mm, faceAt, FACES, iouOf, withFace, type Face, type PatientBox } from '@/viewer/box/box'
import type { Viewer } from '@/viewer/viewer'

import classes from './Box.module.css'

const NUDGE_MM = 1
const DECIMALS = 1
const NAMES = ['right', 'left', 'front', 'back', 'foot', 'head'] as const

interface BoxReviewProps {
  viewer: Viewer
  finding: Finding
  /** Brings the detection into view. */
  onShow: () => void
  isBusy: boolean
  /** Accept the finding with the box as it is now. */
  onAccept: (box: AmendedBox) => void
}

/** A detection's box: by hand on the pictures in any plane, or face by face with the keys. */
export function BoxReview({ viewer, finding, onShow, isBusy, onAccept }: BoxReviewProps) {
  const { t } = useTranslation('box')
  const [, render] = useReducer((count: number) => count + 1, 0)
  useEffect(() => viewer.box.changed.on(render), [viewer])
  useEffect(() => () => viewer.box.stop(finding.id), [viewer, finding.id])
  const { editing, isChanged } = viewer.box
  const { bbox_lps, frame_of_reference_uid, label } = finding
  if (!bbox_lps || !frame_of_reference_uid) return null
  if (editing?.finding !== finding.id) {
    const [low, high] = bbox_lps
    const begin = () => {
      onShow()
      viewer.box.begin({ finding: finding.id, frame_of_reference_uid, model: { low, high } })
    }
    return (
      <Button size="compact-sm" variant="default" mt={6} leftSection={<IconBox size={14} aria-hidden />} aria-label={t('beginOf', { label })} onClick={begin}>
        {t('begin')}
      </Button>
    )
  }
  const { box, model } = editing
  return (
    <fieldset className={classes.form}>
      <legend className={classes.legend}>{t('legend')}</legend>
      <p className={classes.hint}>{t('hint')}</p>
      <div className={classes.faces}>
        {FACES.map((face, index) => (
          <NumberInput
            key={NAMES[index]}
            size="xs"
            label={t(`face.${NAMES[index] ?? 'right'}`)}
            suffix=" mm"
            step={NUDGE_MM}
            decimalScale={DECIMALS}
            value={outward(box, model, face)}
            onChange={(value) => typeof value === 'number' && viewer.box.set(withFace(box, face, placeOf(model, face, value)))}
          />
        ))}
      </div>
      <p className={`${classes.hint} c-figures`} role="status">
        {t('size', { size: sizeWords(box), model: sizeWords(model), iou: iouOf(box, model).toFixed(2) })}
      </p>
      <div className={classes.acts}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconCheck size={14} aria-hidden />}
          disabled={!isChanged}
          loading={isBusy}
          aria-label={t('acceptOf', { label })}
          onClick={() => onAccept({ low: [...box.low], high: [...box.high] })}
        >
          {t('accept')}
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconRestore size={14} aria-hidden />} aria-label={t('leaveOf', { label })} onClick={() => viewer.box.stop()}>
          {t('leave')}
        </Button>
      </div>
    </fieldset>
  )
}

/** How far a face has gone outward from where the model put it, mm. */
function outward(box: PatientBox, model: PatientBox, face: Face): number {
  const moved = faceAt(box, face) - faceAt(model, face)
  return Number((face.side === 'high' ? moved : -moved).toFixed(DECIMALS)) + 0
}

const placeOf = (model: PatientBox, face: Face, outward_mm: number): number =>
  faceAt(model, face) + (face.side === 'high' ? outward_mm : -outward_mm)

const sizeWords = (box: PatientBox): string => edgesOf_mm(box).map((edge) => edge.toFixed(DECIMALS)).join(' × ')
