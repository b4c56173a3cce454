import { Button, ColorSwatch, Select, TextInput } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { DrawnSegment, DrawnSegmentation } from '@/api/types'

import { SEGMENT_TYPES } from './segmentTypes'
import { draftOf, SEGMENT_COLOURS, type DrawnRoom } from './useDrawnRoom'
import classes from './brush.module.css'

interface SegmentEditorProps {
  drawn: DrawnRoom
  one: DrawnSegmentation
  segment: DrawnSegment
  onDone: () => void
}

/** What a segment is called, what it is, and its colour. */
export function SegmentEditor({ drawn, one, segment, onDone }: SegmentEditorProps) {
  const { t } = useTranslation('brush')
  const [draft, setDraft] = useState(draftOf(segment))
  const save = async () => {
    if (draft.label.trim() === '') return
    const segments = one.segments.map((each) =>
      each.number === segment.number ? draft : draftOf(each),
    )
    if ((await drawn.change(one, segments)) !== null) onDone()
  }
  const remove = async () => {
    if (drawn.target?.id === one.id) drawn.deactivate()
    const others = one.segments.filter(({ number }) => number !== segment.number)
    await drawn.change(one, others.map(draftOf))
  }
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <TextInput
        size="xs"
        label={t('rename')}
        value={draft.label}
        maxLength={64}
        onChange={(event) => setDraft({ ...draft, label: event.currentTarget.value })}
      />
      <Select
        size="xs"
        label={t('type')}
        allowDeselect={false}
        data={SEGMENT_TYPES.map((value) => ({ value, label: t(`types.${value}`) }))}
        value={draft.type}
        onChange={(type) => type && setDraft({ ...draft, type })}
      />
      <div className={classes.swatches}>
        {SEGMENT_COLOURS.map((colour) => (
          <ColorSwatch
            key={colour}
            component="button"
            type="button"
            size={24}
            color={colour}
            aria-label={t('colour', { colour })}
            aria-pressed={draft.colour === colour}
            onClick={() => setDraft({ ...draft, colour })}
          >
            {draft.colour === colour && <IconCheck size={14} color="#000" />}
          </ColorSwatch>
        ))}
      </div>
      <div className={classes.acts}>
        <Button size="compact-xs" type="submit">
          {t('done')}
        </Button>
        <span className={classes.grow} />
        {one.segments.length > 1 && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => void remove()}>
            {t('removeSegment')}
          </Button>
        )}
      </div>
    </form>
  )
}
