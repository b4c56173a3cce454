import { type ReactNode, useState } from 'react'

import classes from './VirtualRows.module.css'

interface VirtualRowsProps {
  label: string
  /** Column headings, for screen readers and eyes alike. */
  headings: string[]
  /** CSS grid tracks, one per heading. */
  tracks: string
  count: number
  /** Cells of one row; the row itself is drawn here. */
  renderCells: (index: number) => ReactNode[]
}

const ROW_PX = 30
const SHOWN_PX = 330
const OVERSCAN = 6

/** A long table of equal rows, of which only those in sight are drawn. */
export function VirtualRows({ label, headings, tracks, count, renderCells }: VirtualRowsProps) {
  const [top, setTop] = useState(0)
  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN)
  const last = Math.min(count, Math.ceil((top + SHOWN_PX) / ROW_PX) + OVERSCAN)
  const indices = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at)
  return (
    <div className={classes.scroll} style={{ maxHeight: SHOWN_PX }} tabIndex={0} role="region" aria-label={label} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <div role="table" aria-label={label} aria-rowcount={count + 1}>
        <div role="row" aria-rowindex={1} className={classes.head} style={{ gridTemplateColumns: tracks }}>
          {headings.map((heading) => (
            <span key={heading} role="columnheader">
              {heading}
            </span>
          ))}
        </div>
        <div role="rowgroup" className={classes.body} style={{ height: count * ROW_PX }}>
          {indices.map((index) => (
            <div key={index} role="row" aria-rowindex={index + 2} className={classes.row} style={{ gridTemplateColumns: tracks, top: index * ROW_PX, height: ROW_PX }}>
              {renderCells(index).map((cell, column) => (
                <span key={column} role="cell">
                  {cell}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
