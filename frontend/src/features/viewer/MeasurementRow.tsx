import { ActionIcon, Tooltip } from '@mantine/core'
import { IconTag, IconTarget, IconTrash, type Icon } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { MeasurementBody } from '@/protocol/generated'
import { formatDateTime } from '@/ui/format'
import { personColour } from '@/ui/people'

import { LesionChip } from './lesions/LesionChip'
import { valueLines } from './measurementWords'
import { useSiteWords } from './useSiteWords'
import { useValueWords } from './useValueWords'
import classes from './panels.module.css'

interface MeasurementRowProps {
  item: MeasurementBody
  selected: boolean
  /** Of which lesion; null: of none. */
  lesion: string | null
  onShow: () => void
  /** Null where this person may not. */
  onName: (() => void) | null
  onRemove: (() => void) | null
  onAssign: (() => void) | null
}

/** One measurement: its person's colour, its values, what and where it is, who and when. */
export function MeasurementRow(props: MeasurementRowProps) {
  const { item, selected, lesion, onShow, onName, onRemove, onAssign } = props
  const { t } = useTranslation(['viewer', 'tools', 'lesions'])
  const words = useValueWords()
  const sites = useSiteWords()
  const [main, ...others] = valueLines(item, words)
  const { author, label, site, kind } = item
  const kindName = t(`tools:kind.${kind}`)
  const title = main ?? (label || kindName)
  const colour = personColour({ id: author.id ?? '', discipline: author.discipline })
  return (
    <li className={classes.row} data-selected={selected} data-measured={item.id}>
      <div className={classes.rowColumn}>
        <button type="button" className={classes.rowMain} onClick={onShow}>
          <span className={classes.swatch} style={{ background: colour }} />
          <span className={classes.rowText}>
            <span className={classes.strong}>{title}</span>
            {others.map((line) => (
              <span key={line}>{line}</span>
            ))}
            <span className={classes.dim}>
              {[label, sites.wordOf(site), kindName]
                .filter((word) => word !== '' && word !== title)
                .join(' · ')}
            </span>
            <span className={classes.dim}>
              {[author.display_name, formatDateTime(item.created_at)].join(' · ')}
            </span>
          </span>
        </button>
        {lesion !== null && <LesionChip lesion={lesion} onAssign={onAssign} />}
      </div>
      {onAssign && lesion === null && (
        <Act icon={IconTarget} name={t('lesions:assignNone')} onPress={onAssign} />
      )}
      {onName && <Act icon={IconTag} name={t('tools:list.name')} onPress={onName} />}
      {onRemove && (
        <Act icon={IconTrash} name={t('viewer:measurements.remove')} onPress={onRemove} />
      )}
    </li>
  )
}

function Act({ icon: Sign, name, onPress }: { icon: Icon; name: string; onPress: () => void }) {
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" size={24} aria-label={name} onClick={onPress}>
        <Sign size={15} />
      </ActionIcon>
    </Tooltip>
  )
}
