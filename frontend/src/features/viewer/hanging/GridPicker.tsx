import { ActionIcon, Popover, Tooltip } from '@mantine/core'
import { IconLayoutGrid } from '@tabler/icons-react'
import { useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { MAX_COLUMNS, MAX_ROWS, type GridLayout, type Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from './hanging.module.css'

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

const bounded = (value: number, most: number): number => Math.min(most, Math.max(1, value))

/** Rows and columns, pointed across; with the arrow keys and Enter as well. */
export function GridPicker({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('hanging')
  const layout = useViewerState(viewer, (v) => v.layout)
  const [opened, setOpened] = useState(false)
  const [aimed, setAimed] = useState<GridLayout>(layout)
  const grid = useRef<HTMLDivElement>(null)
  const words = (one: GridLayout) => t('grid.size', { rows: one.rows, columns: one.columns })
  const aim = (one: GridLayout) => {
    setAimed(one)
    grid.current
      ?.querySelector<HTMLButtonElement>(`[data-size='${one.rows}x${one.columns}']`)
      ?.focus()
  }
  const onKey = (event: KeyboardEvent) => {
    const move = MOVES[event.key]
    if (move === undefined || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    aim({
      rows: bounded(aimed.rows + move[0], MAX_ROWS),
      columns: bounded(aimed.columns + move[1], MAX_COLUMNS),
    })
  }
  const open = () => {
    setAimed(layout)
    setOpened((before) => !before)
  }
  const choose = (one: GridLayout) => {
    viewer.setLayout(one, 'user')
    setOpened(false)
  }
  const cells = Array.from({ length: MAX_ROWS * MAX_COLUMNS }, (_, at) => ({
    rows: Math.floor(at / MAX_COLUMNS) + 1,
    columns: (at % MAX_COLUMNS) + 1,
  }))
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label={`${t('grid.choose')} · ${words(layout)}`} disabled={opened}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={30}
            aria-label={t('grid.choose')}
            aria-expanded={opened}
            onClick={open}
          >
            <IconLayoutGrid size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={8} aria-label={t('grid.choose')}>
        <div ref={grid} className={classes.grid} onKeyDown={onKey}>
          {cells.map((one) => {
            const isAimed = one.rows === aimed.rows && one.columns === aimed.columns
            return (
              <button
                key={words(one)}
                type="button"
                className={classes.square}
                data-size={`${one.rows}x${one.columns}`}
                data-inside={one.rows <= aimed.rows && one.columns <= aimed.columns}
                data-autofocus={isAimed || undefined}
                tabIndex={isAimed ? 0 : -1}
                aria-label={words(one)}
                onPointerEnter={() => setAimed(one)}
                onFocus={() => setAimed(one)}
                onClick={() => choose(one)}
              />
            )
          })}
        </div>
        <div className={classes.size} aria-hidden>
          {words(aimed)}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
