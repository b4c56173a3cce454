import { Button, Select } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconCameraPlus, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Tour } from '@/api/tours'
import { formatDate } from '@/ui/format'

import { useKeyHints } from '../bindings'
import { TourForm } from './TourForm'
import { TourStepEditor } from './TourStepEditor'
import type { TourRoom } from './useTourRoom'
import classes from './tours.module.css'

interface TourPanelProps {
  caseId: string
  tours: TourRoom
}

/** Views that were left for the case: one tour at a time, its steps in order. */
export function TourPanel({ caseId, tours }: TourPanelProps) {
  const { t } = useTranslation('replay')
  const keyOf = useKeyHints()
  const [editing, setEditing] = useState(false)
  const { tour, write, steps } = tours
  const isMine = tour?.author.id === tours.myId
  return (
    <div className={classes.panel} data-testid="tour-panel">
      {tours.tours.length > 0 && (
        <Select
          size="xs"
          aria-label={t('tour.choose')}
          placeholder={t('tour.choose')}
          value={tour?.id ?? null}
          onChange={tours.open}
          clearable
          data={tours.tours.map((one) => ({ value: one.id, label: nameOf(one, t('tour.views', { count: one.steps.length })) }))}
        />
      )}
      {tours.tours.length === 0 && <p className={classes.dim}>{t('tour.none')}</p>}
      {tour && <TourFacts tour={tour} />}
      {tour && <Steps tours={tours} tour={tour} />}
      <div className={classes.buttons}>
        {write && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconCameraPlus size={15} aria-hidden />}
            title={t('tour.addHint', { key: keyOf('addView') })}
            loading={write.addStep.isPending || write.create.isPending}
            onClick={steps.add}
          >
            {t('tour.add')}
          </Button>
        )}
        {write && tour && isMine && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPencil size={15} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            {t('tour.edit')}
          </Button>
        )}
      </div>
      {tours.tours.length > 0 && (
        <p className={classes.dim}>
          {t('tour.keys', { next: keyOf('nextView'), previous: keyOf('previousView') })}
        </p>
      )}
      {editing && tour && write && (
        <TourForm caseId={caseId} tour={tour} write={write} onClose={() => setEditing(false)} />
      )}
    </div>
  )
}

/** Words are withheld from de-identified guests; who left it is not. */
const nameOf = (tour: Tour, views: string): string =>
  [tour.title || tour.author.display_name, views].join(' · ')

function TourFacts({ tour }: { tour: Tour }) {
  const { t } = useTranslation('replay')
  const seen = tour.readers.filter(({ seen_at }) => seen_at !== null).length
  const words = [
    t('tour.by', { who: tour.author.display_name }),
    tour.due && t('tour.due', { when: formatDate(tour.due) }),
    tour.readers.length > 0 && t('tour.seen', { seen, count: tour.readers.length }),
  ]
  return <p className={classes.dim}>{words.filter(Boolean).join(' · ')}</p>
}

function Steps({ tours, tour }: { tours: TourRoom; tour: Tour }) {
  const { t } = useTranslation('replay')
  const { write, index, goTo } = tours
  if (tour.steps.length === 0) return <p className={classes.dim}>{t('tour.empty')}</p>
  const isMine = tour.author.id === tours.myId
  const move = (from: number, to: number) => {
    const order = tour.steps.map(({ id }) => id)
    const [moved] = order.splice(from, 1)
    if (moved !== undefined) order.splice(to, 0, moved)
    write?.revise.mutate({ tour, order })
  }
  return (
    <ol className={classes.steps}>
      {tour.steps.map((step, at) => {
        const current = at === index
        const name = step.title || t('tour.stepTitle', { number: at + 1 })
        const mayChange = write !== null && (isMine || step.author.id === tours.myId)
        return (
          <li key={step.id} aria-current={current ? 'step' : undefined}>
            <button type="button" className={classes.step} onClick={() => goTo(at)}>
              <span className={classes.number}>{at + 1}</span>
              <span className={classes.words}>
                <span>{name}</span>
                {step.comment && <span className={classes.comment}>{step.comment}</span>}
              </span>
            </button>
            {current && mayChange && (
              <div className={classes.acts}>
                <TourStepEditor key={step.id} tour={tour} step={step} write={write} />
                {isMine && (
                  <>
                    <Act icon={IconArrowUp} name={t('tour.up', { name })} disabled={at === 0} onPress={() => move(at, at - 1)} />
                    <Act
                      icon={IconArrowDown}
                      name={t('tour.down', { name })}
                      disabled={at === tour.steps.length - 1}
                      onPress={() => move(at, at + 1)}
                    />
                  </>
                )}
                <Act icon={IconTrash} name={t('tour.removeStep', { name })} onPress={() => write.removeStep.mutate({ tour, step: step.id })} />
              </div>
            )}
          </li>
        )
      })}
    </ol>
  )
}

interface ActProps {
  icon: typeof IconTrash
  name: string
  disabled?: boolean
  onPress: () => void
}

function Act({ icon: Sign, name, disabled = false, onPress }: ActProps) {
  return (
    <button type="button" className={classes.act} aria-label={name} title={name} disabled={disabled} onClick={onPress}>
      <Sign size={15} aria-hidden />
    </button>
  )
}
