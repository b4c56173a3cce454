import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

import classes from './EmptyState.module.css'

interface EmptyStateProps {
  icon: Icon
  title: string
  /** What to do now; an empty list never just says that it is empty. */
  hint?: ReactNode
  action?: ReactNode
  compact?: boolean
}

export function EmptyState({ icon: Symbol, title, hint, action, compact = false }: EmptyStateProps) {
  return (
    <div className={`${classes.empty} ${compact ? classes.compact : ''}`}>
      <Symbol size={compact ? 18 : 28} stroke={1.5} className={classes.icon} aria-hidden />
      <div>
        <div className={classes.title}>{title}</div>
        {hint && <div className={classes.hint}>{hint}</div>}
      </div>
      {action && <div className={classes.action}>{action}</div>}
    </div>
  )
}
